// What a page does again and again while it is looked at.

import { isAbort } from './api.js';

/**
 * Does some work now and then again, until the signal. A tab that nobody sees rests, and catches up
 * when it is seen. A failure is told and tried again, ever more rarely.
 *
 * @param {AbortSignal} signal
 * @param {number} everyMs
 * @param {(signal: AbortSignal) => Promise<void>} work
 * @param {(error: Error) => void} [failed]
 * @returns {() => void} does it at once
 */
export function poll(signal, everyMs, work, failed = () => {}) {
  let timer = 0;
  let failures = 0;
  let isRunning = false;
  const next = () => {
    if (signal.aborted || document.hidden) return;
    clearTimeout(timer);
    timer = setTimeout(run, Math.min(everyMs * 2 ** failures, 30_000));
  };
  async function run() {
    if (isRunning || signal.aborted) return;
    clearTimeout(timer);
    isRunning = true;
    try {
      await work(signal);
      failures = 0;
    } catch (error) {
      if (!isAbort(error) && !signal.aborted) {
        failures = Math.min(failures + 1, 5);
        failed(error);
      }
    } finally {
      isRunning = false;
      next();
    }
  }
  document.addEventListener('visibilitychange', () => !document.hidden && run(), { signal });
  signal.addEventListener('abort', () => clearTimeout(timer));
  run();
  return run;
}

/** Waits; rejects when the signal comes first. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
