/** An error of the page's server, with its stable code. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Sends a GET to the page's server.
 * @param {string} path
 * @returns {Promise<any>} the JSON of the answer
 * @throws {ApiError} the server refused, or cannot be reached (`offline`)
 */
export function get(path) {
  return call(path, { method: 'GET' });
}

/**
 * Sends JSON by POST to the page's server.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>} the JSON of the answer
 * @throws {ApiError} the server refused, or cannot be reached (`offline`)
 */
export function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function call(path, init) {
  let response;
  let value;
  try {
    response = await fetch(path, init);
    value = await response.json();
  } catch (cause) {
    throw Object.assign(new ApiError('offline', 'The local server does not answer.'), { cause });
  }
  if (!response.ok) throw new ApiError(value.code ?? 'failed', value.message ?? 'It failed.');
  return value;
}

/**
 * Subscribes to the events of a person's chats; reconnects by itself.
 * @param {string} personId
 * @param {{ onChat: (event: object) => void, onSettings: (settings: object) => void,
 *   onOpen: () => void, onLost: () => void }} heard `onOpen` also after every reconnection
 * @returns {() => void} stops listening
 */
export function listen(personId, { onChat, onSettings, onOpen, onLost }) {
  let source = null;
  // A browser opens few connections to one host, so hidden tabs close theirs.
  function follow() {
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource(`/api/events?as=${encodeURIComponent(personId)}`);
    source.addEventListener('hello', onOpen);
    source.addEventListener('chat', (event) => onChat(JSON.parse(event.data)));
    source.addEventListener('settings', (event) => onSettings(JSON.parse(event.data)));
    source.addEventListener('error', onLost);
  }
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    source?.close();
  };
}
