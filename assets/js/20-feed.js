/* The change feed: asks every few seconds which layers have moved, one question in flight at a time. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const EVERY_MS = 5000;
  const LONGEST_WAIT_MS = 60000;
  const TIMEOUT_MS = 10000;
  const PULSE_EVERY_MS = 60000;
  const STORE = "pulse";

  let revision = null;
  let failures = 0;
  let contactAt = performance.now();
  let pulsedAt = 0;
  let started = false;

  /** Wait longer after each failure, never in step with the other desks. */
  function wait() {
    if (!failures) return EVERY_MS;
    const longest = Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** failures);
    return longest * (0.5 + Math.random() / 2);
  }

  /** Let the server's figures follow: when data moved, and once a minute because time itself moves. */
  function pulse(moved) {
    const now = performance.now();
    if (!moved && now - pulsedAt < PULSE_EVERY_MS) return;
    pulsedAt = now;
    window.dash_clientside.set_props(STORE, { data: { revision, at: Math.round(gezhi.now() / 1000) } });
  }

  function heard(answer) {
    const moved = revision !== null && answer.revision !== revision;
    revision = answer.revision;
    failures = 0;
    contactAt = performance.now();
    gezhi.setServerTime(answer.now);
    gezhi.emit("contact", moved ? answer.layers : []);
    pulse(moved);
  }

  async function ask() {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const since = revision === null ? "" : "?since=" + revision;
      const answer = await fetch("/api/v1/changes" + since, { signal: abort.signal, cache: "no-store" });
      if (!answer.ok) throw new Error("status " + answer.status);
      heard(await answer.json());
    } catch (_) {
      failures += 1;
      gezhi.emit("silence", failures);
    } finally {
      clearTimeout(timer);
      setTimeout(ask, wait());
    }
  }

  gezhi.feed = {
    start() {
      if (started) return;
      started = true;
      contactAt = performance.now();
      pulsedAt = performance.now();
      ask();
    },
    /** Milliseconds since the server last answered. */
    silence: () => performance.now() - contactAt,
  };
})();
