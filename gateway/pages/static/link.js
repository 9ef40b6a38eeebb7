// A logged-in connection: the follower of the public door with a ticket as its first message, and requests that are answered.

import { Follower } from "./follow.js";
import { Refused, ask } from "./people.js";
import { say } from "./words.js";

const SILENT_MAX_MS = 15_000; // a request that is not answered so long has an unknown outcome

/** The answer did not come: what was asked may have been done or not. */
export class Unknown extends Error {}

export class Link extends Follower {
  /** door: trade | ops. onWelcome: called with the welcome after each login; onState and onEvent as the follower's. */
  constructor(door, onState, onEvent, onWelcome) {
    super(document.body.dataset.marketUrl.replace(/market$/, door), onState, onEvent);
    this.onWelcome = onWelcome;
  }

  async connect() {
    if (this.isKnocking || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    clearTimeout(this.retry);
    this.setState("resuming");
    this.isKnocking = true;
    this.waiting ??= new Map(); // request id -> {done, failed, timer}
    try {
      const { ticket } = await ask("/v1/ticket", {});
      this.open(ticket);
    } catch (error) {
      if (error instanceof Refused && error.name === "LOGIN_NEEDED") location.assign("/login");
      else this.lose();
    } finally {
      this.isKnocking = false;
    }
  }

  open(ticket) {
    const socket = new WebSocket(this.url, "yutan.v1");
    this.socket = socket;
    this.isIn = false;
    this.heardAt = performance.now();
    socket.onmessage = (message) => {
      if (socket !== this.socket) return;
      if (this.isIn) return this.hear(message.data);
      this.heardAt = performance.now();
      const said = JSON.parse(message.data);
      if (said.kind === "hello") {
        const params = { ticket, language: say("zh", "en") };
        socket.send(JSON.stringify({ id: "login", method: "session.auth", params }));
      } else if (said.id === "login" && said.result) {
        this.isIn = true;
        this.channels.clear();
        this.onWelcome(said.result);
        this.subscribe([...this.wanted]);
      }
    };
    socket.onclose = () => socket === this.socket && this.lose();
  }

  lose() {
    this.isIn = false;
    for (const { failed, timer } of this.waiting.values()) {
      clearTimeout(timer);
      failed(new Unknown());
    }
    this.waiting.clear();
    super.lose();
  }

  isOpen() {
    return Boolean(this.isIn) && super.isOpen();
  }

  hear(text) {
    const said = JSON.parse(text);
    const asked = this.waiting.get(said.id);
    if (said.ch === undefined && asked) {
      this.waiting.delete(said.id);
      clearTimeout(asked.timer);
      if (said.error) asked.failed(new Refused(said.error));
      else asked.done(said.result);
    }
    super.hear(text);
  }

  /** What the exchange says to this connection alone: news of stops, limits and proposals of one's own among it. */
  hearSession(event) {
    if (event.kind === "control") this.onControl?.(event.data);
    super.hearSession(event);
  }

  /** Every event passes by here first, replayed ones too, which are older than what the follower counts from. */
  take(event) {
    this.onPast?.(event);
    super.take(event);
  }

  /** Ask at the door; throws Refused, or Unknown where no answer came. */
  request(method, params) {
    return new Promise((done, failed) => {
      if (!this.isOpen()) return failed(new Unknown());
      const id = `r-${this.nextId++}`;
      const timer = setTimeout(() => this.waiting.delete(id) && failed(new Unknown()), SILENT_MAX_MS);
      this.waiting.set(id, { done, failed, timer });
      this.socket.send(JSON.stringify(params ? { id, method, params } : { id, method }));
      return undefined;
    });
  }
}
