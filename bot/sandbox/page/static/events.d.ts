// What parts of the page tell each other. Types only: no browser loads this file.

import type { Came, LogEntry, Message, Notice } from "./shapes";

/** The events that parts of the page listen to through `on`, and their data. */
export interface Events {
  channel: undefined;
  clock: undefined;
  commands: undefined;
  connected: boolean;
  entry: LogEntry;
  faults: undefined;
  gone: { id: string };
  log: undefined;
  message: Message;
  messages: undefined;
  /** The clock was moved. */
  moved: Came[];
  notice: Notice;
  person: undefined;
  pictures: undefined;
  /** A button or select was used and answered; its label. */
  pressed: string;
  status: undefined;
  /** The id of a tab of the controls, to be opened. */
  tab: string;
  /** A command's line, to be begun. */
  use: string;
  world: undefined;
}
