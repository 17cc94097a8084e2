// Talks to the sandbox: events come by a websocket, a person's actions go by POST.

import { emit, take } from "./state.js";

/** @import { Answers, Reads, Refused } from "./shapes" */

const AGAIN = [250, 500, 1000, 2000, 4000];

/** Listen as long as the page is open; reconnect whenever the connection ends. */
export function listen(attempt = 0) {
  const socket = new WebSocket(`ws://${location.host}/live`);
  let heard = false;
  socket.addEventListener("message", (event) => {
    heard = true;
    emit("connected", true);
    take(JSON.parse(event.data));
  });
  socket.addEventListener("close", () => {
    emit("connected", false);
    const next = heard ? 0 : Math.min(attempt + 1, AGAIN.length - 1);
    setTimeout(() => listen(next), AGAIN[next]);
  });
}

/**
 * Do something; the answer always has a `state` or the requested data.
 * @template {keyof Answers} Path
 * @param {Path} path
 * @param {object} body
 * @returns {Promise<Answers[Path] | Refused>}
 */
export async function post(path, body) {
  try {
    const response = await fetch(`/page/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { state: "refused", reason: "The sandbox does not answer: has it been stopped?" };
  }
}

/**
 * Read something; null if that fails.
 * @template {keyof Reads} Path
 * @param {Path} path
 * @param {Record<string, string>} [query]
 * @returns {Promise<Reads[Path] | null>}
 */
export async function get(path, query = {}) {
  try {
    const response = await fetch(`/page/${path}?${new URLSearchParams(query)}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
