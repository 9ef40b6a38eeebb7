// One connection to the market door that keeps itself honest: it numbers what it hears, asks again for what it missed,
// and says within two seconds when it no longer knows. The rule is docs/feed.md, "Snapshot, update, gap".

const SILENT_MS = 1600; // after this without a word the figures may be old; seen within WATCH_MS, so within two seconds
const WATCH_MS = 300; // how often it is looked
const PING_MS = 900; // ask for a word when there was none for so long
const DEAD_MS = 6000; // after this the connection is given up
const RETRY_MS = [300, 700, 1500, 3000, 5000];
const HELD_MAX = 2000; // events that wait for an earlier one

export class Follower {
  /** onState: live | stale | resuming. onEvent: every event of a channel, in order and without gaps. */
  constructor(url, onState, onEvent) {
    this.url = url;
    this.onState = onState;
    this.onEvent = onEvent;
    this.channels = new Map(); // name -> {seq: null until its snapshot, held: Map of later events, asked}
    this.wanted = new Set();
    this.state = "";
    this.failures = 0;
    this.nextId = 1;
    this.questions = new Map(); // request id -> channel
    this.heardAt = 0;
    setInterval(() => this.watch(), WATCH_MS);
    addEventListener("online", () => this.connect());
    document.addEventListener("visibilitychange", () => this.watch());
    this.connect();
  }

  follow(names) {
    const added = names.filter((name) => !this.wanted.has(name));
    const dropped = [...this.wanted].filter((name) => !names.includes(name));
    this.wanted = new Set(names);
    for (const name of dropped) this.channels.delete(name);
    if (dropped.length) this.ask("unsubscribe", { channels: dropped });
    if (added.length) this.subscribe(added);
  }

  connect() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.retry);
    this.setState("resuming");
    this.heardAt = performance.now();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.channels.clear(); // a new connection begins with snapshots: numbers may belong to another run of the exchange
      this.subscribe([...this.wanted]);
    };
    socket.onmessage = (message) => socket === this.socket && this.hear(message.data);
    socket.onclose = () => socket === this.socket && this.lose();
  }

  lose() {
    this.socket = null;
    this.setState("resuming");
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
  }

  watch() {
    if (!this.socket) return;
    const silent = performance.now() - this.heardAt;
    if (silent > DEAD_MS) {
      const dead = this.socket;
      this.lose();
      dead.close();
    } else if (this.socket.readyState === WebSocket.OPEN) {
      if (silent > SILENT_MS && this.state === "live") this.setState("stale");
      if (silent > PING_MS) this.ask("session.ping");
    }
  }

  hear(text) {
    this.heardAt = performance.now();
    if (this.state === "stale") this.setState("live");
    const event = JSON.parse(text);
    if (event.ch === "$session") return this.hearSession(event);
    if (event.ch !== undefined) return this.take(event);
    const name = this.questions.get(event.id);
    this.questions.delete(event.id);
    const channel = this.channels.get(name);
    if (channel) channel.asked = false; // what was asked for follows the reply; when it does not help, watchGaps asks again
  }

  hearSession(event) {
    for (const [name, last] of Object.entries((event.data && event.data.last) || {})) {
      const channel = this.channels.get(name);
      if (channel && channel.seq !== null && last > channel.seq) this.recover(name, channel); // a lost tail
    }
  }

  take(event) {
    const channel = this.channels.get(event.ch);
    if (!channel) return;
    if (event.kind === "snapshot") {
      if (channel.seq !== null && event.prev && event.seq <= channel.seq) return;
      channel.seq = event.seq;
      this.failures = 0;
      this.setState("live");
    } else if (event.kind === "update" || event.kind === "reset") {
      if (channel.seq === null || event.seq <= channel.seq) return;
      if (event.seq !== channel.seq + 1) {
        if (channel.held.size < HELD_MAX) channel.held.set(event.seq, event);
        return this.recover(event.ch, channel);
      }
      channel.seq = event.seq;
    } else {
      return; // a kind of a later version
    }
    this.onEvent(event);
    for (const seq of [...channel.held.keys()].sort((a, b) => a - b)) {
      if (seq > channel.seq + 1) break;
      const held = channel.held.get(seq);
      channel.held.delete(seq);
      if (seq === channel.seq + 1) this.take(held);
    }
  }

  recover(name, channel) {
    if (channel.asked) return;
    channel.asked = true;
    this.ask("channel.replay", { channel: name, from_seq: channel.seq + 1 }, name);
    channel.gapSeq = channel.seq;
    setTimeout(() => {
      if (this.channels.get(name) !== channel || channel.seq !== channel.gapSeq) return;
      channel.asked = false;
      this.ask("channel.snapshot", { channel: name }); // the replay did not help
    }, 2000);
  }

  subscribe(names) {
    if (!names.length || !this.isOpen()) return;
    for (const name of names) this.channels.set(name, { seq: null, held: new Map(), asked: false });
    this.ask("subscribe", { channels: names });
  }

  ask(method, params, about) {
    if (!this.isOpen()) return;
    const id = `p-${this.nextId++}`;
    if (about) this.questions.set(id, about);
    this.socket.send(JSON.stringify(params ? { id, method, params } : { id, method }));
  }

  isOpen() {
    return Boolean(this.socket) && this.socket.readyState === WebSocket.OPEN;
  }

  setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}
