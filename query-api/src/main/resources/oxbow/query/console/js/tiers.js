// What the cold tier's figures mean, in words.

import { duration } from './format.js';
import { badge } from './ui/parts.js';

/** How far the bucket is behind; what was never behind has no lag. */
export function lagText(lagMs) {
  if (lagMs === null || lagMs === undefined) return '–';
  return lagMs < 1000 ? 'none' : duration(lagMs);
}

/** The lag of a topic against what it asks for. @param {number} [wantedMs] oxbow.cold.max.lag.ms */
export function lagBadge(lagMs, wantedMs) {
  if (lagMs === null || lagMs === undefined) return '–';
  if (lagMs < 1000) return badge('up to date', 'good');
  // A pass takes its time: what is late by less than half is under way.
  const isLate = wantedMs > 0 && lagMs > 1.5 * wantedMs + 10_000;
  return badge(duration(lagMs), isLate ? 'warn' : 'plain',
    isLate ? `later than the ${duration(wantedMs)} of oxbow.cold.max.lag.ms` : undefined);
}

/** A setting's value out of a topic's list. */
export function setting(topic, name) {
  return topic.settings?.find((each) => each.name === name)?.value;
}
