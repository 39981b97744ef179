// Asks the server. Addresses are relative to the page, so that it works behind a proxy's prefix too.

import { parse } from './json.js';

/** An answer that is an error, or no answer at all (status 0). */
export class ApiError extends Error {
  /**
   * @param {number} status of HTTP; zero: the server can't be reached
   * @param {{error_code?: number, message?: string, type?: string, line?: number, column?: number,
   *     hint?: string, queryId?: string}} told
   */
  constructor(status, told = {}) {
    super(told.message ?? `the server answered with status ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = told.error_code ?? status;
    this.type = told.type;
    this.line = told.line;
    this.column = told.column;
    this.hint = told.hint;
    this.queryId = told.queryId;
  }
}

/** It was left on purpose: nobody has to be told. */
export function isAbort(error) {
  return error?.name === 'AbortError';
}

/** The address of a path with parameters; null and undefined are left out. */
export function address(path, params = {}) {
  const url = new URL(path.replace(/^\//, ''), document.baseURI);
  url.hash = '';
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, value);
  }
  return url;
}

/** Puts values into a path, each as one segment: path`/api/v1/topics/${name}`. */
export function path(parts, ...values) {
  return parts.reduce((whole, part, i) => whole + encodeURIComponent(values[i - 1]) + part);
}

/**
 * Sends a request; throws ApiError for every answer that isn't 2xx.
 *
 * @param {string} where
 * @param {{method?: string, params?: object, body?: any, headers?: object, signal?: AbortSignal}} [how]
 *     a body that is no text is sent as JSON
 * @returns {Promise<Response>}
 */
export async function request(where, { method = 'GET', params, body, headers = {}, signal } = {}) {
  const isText = typeof body === 'string';
  const sent = body === undefined || isText ? body : JSON.stringify(body);
  const all = { ...headers };
  if (body !== undefined && !isText) all['Content-Type'] ??= 'application/json';
  let response;
  try {
    response = await fetch(address(where, params), { method, headers: all, body: sent, signal });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(0, { message: 'the server can’t be reached' });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  let told = {};
  try {
    told = JSON.parse(await response.text());
  } catch {
    // Something between us and the server answered in a form of its own.
  }
  return new ApiError(response.status, told);
}

/** Asks for JSON. */
export async function get(where, { params, signal, headers } = {}) {
  const response = await request(where, {
    params,
    signal,
    headers: { Accept: 'application/json', ...headers },
  });
  return parse(await response.text());
}

/** Sends JSON with a method, and reads the answer, if there is one. */
export async function send(method, where, body, { params, signal, headers } = {}) {
  const response = await request(where, {
    method,
    params,
    body,
    signal,
    headers: { Accept: 'application/json', ...headers },
  });
  const text = await response.text();
  return text ? parse(text) : undefined;
}

/** Asks the schema registry, whose answers have a type of their own. */
export function registry(where, { params, signal } = {}) {
  return get(`/registry${where}`, {
    params,
    signal,
    headers: { Accept: 'application/vnd.schemaregistry.v1+json' },
  });
}

/**
 * The lines of an answer in NDJSON, as they come. Leaving the loop, or the signal, ends the request.
 *
 * @returns {AsyncGenerator<any>}
 */
export async function* ndjson(where, how = {}) {
  const response = await request(where, {
    ...how,
    headers: { Accept: 'application/x-ndjson', ...how.headers },
  });
  for await (const line of lines(response)) {
    if (line) yield parse(line);
  }
}

/**
 * Server-sent events, as they come. By fetch and not EventSource: a refusal can be read, and it
 * ends with the signal.
 *
 * @returns {AsyncGenerator<{event: string, id: string, data: string}>}
 */
export async function* events(where, how = {}) {
  const response = await request(where, {
    ...how,
    headers: { Accept: 'text/event-stream', ...how.headers },
  });
  let event = { event: 'message', id: '', data: [] };
  for await (const line of lines(response)) {
    if (line === '') {
      if (event.data.length) yield { ...event, data: event.data.join('\n') };
      event = { event: 'message', id: event.id, data: [] };
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') event.data.push(value);
    else if (field === 'event' || field === 'id') event[field] = value;
  }
}

/** The lines of a body, without their ends. */
async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await read(reader);
      if (done) break;
      const parts = (rest + value).split('\n');
      rest = parts.pop();
      for (const part of parts) yield part.endsWith('\r') ? part.slice(0, -1) : part;
    }
    if (rest) yield rest;
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(0, { message: 'the answer broke off' });
  }
}
