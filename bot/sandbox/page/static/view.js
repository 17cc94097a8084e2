// What of the messages is in view: it follows the newest while a person does not scroll away.

import { oncePerFrame } from "./dom.js";

const NEAR = 120;
const AIR = 10; // pixels above a message that is shown from its beginning
const FRAMES = 5; // messages get their real height only when in view, so scrolling takes a few

export class View {
  /** @param {HTMLElement} root The list of messages, which scrolls. */
  constructor(root) {
    this.root = root;
    /**
     * The message to show from its beginning, if it is higher than the view.
     * @type {Element | null}
     */
    this.newest = null;
    this.following = true;
    this.reached = 0; // how far scrolling to the newest has got
    this.frames = 0;
    this.goOn = oncePerFrame(() => this.step());
    root.addEventListener("scroll", () => this.note(), { passive: true });
    new ResizeObserver(() => this.following && this.toNewest(this.newest)).observe(root);
  }

  /** Once it stands still, a person who leaves the beginning of the newest follows the end. */
  note() {
    this.following = this.isAtNewest();
    if (this.frames <= 0 && !this.isAtBeginning()) this.newest = null;
  }

  /** Whether the newest messages are in view: their end, or the beginning of a high one. */
  isAtNewest() {
    const { root } = this;
    const below = root.scrollHeight - root.scrollTop - root.clientHeight;
    return below < NEAR || this.isAtBeginning();
  }

  isAtBeginning() {
    return this.newest !== null && Math.abs(this.distance(this.newest)) < 2;
  }

  /**
   * How far a message begins below its place at the top of the view, in pixels.
   * @param {Element} message
   */
  distance(message) {
    return message.getBoundingClientRect().top - this.root.getBoundingClientRect().top - AIR;
  }

  /**
   * Scroll to the end, but not beyond the beginning of a message.
   * @param {Element | null} message
   */
  toNewest(message) {
    this.following = true;
    this.newest = message;
    this.frames = FRAMES;
    this.scroll();
    this.goOn();
  }

  scroll() {
    const { root, newest } = this;
    const end = root.scrollHeight - root.clientHeight;
    root.scrollTop = newest?.isConnected
      ? Math.min(end, root.scrollTop + this.distance(newest))
      : end;
    this.reached = root.scrollTop;
  }

  step() {
    const isLeft = this.root.scrollTop < this.reached && !this.isAtNewest(); // somebody scrolled up
    this.frames = isLeft ? 0 : this.frames - 1;
    if (!isLeft) this.scroll();
    if (this.frames > 0) this.goOn();
  }

  /**
   * Another node stands for a message now, or none does.
   * @param {Element | undefined} old
   * @param {Element | null} node
   */
  replaced(old, node) {
    if (this.newest === old) this.newest = node;
  }

  /**
   * Make a change above the view, and keep the same messages in view.
   * @param {() => void} change
   */
  keepPlace(change) {
    const { root } = this;
    const below = root.scrollHeight - root.scrollTop;
    change();
    root.scrollTop = root.scrollHeight - below;
  }
}
