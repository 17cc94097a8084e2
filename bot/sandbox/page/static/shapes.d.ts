// The JSON that the sandbox gives the page. Types only: no browser loads this file.
//
// Ids and bit sets are strings, since JavaScript's numbers cannot hold them; times are ISO 8601.
// Names and meanings that are not explained here are Discord's.

export interface User {
  id: string;
  username: string;
  global_name: string | null;
  bot: boolean;
}

/** A person as whom the page can act; `name` is the sandbox's name for them. */
export interface Person extends User {
  name: string;
}

export interface Channel {
  id: string;
  type: number;
  name: string;
  flags: number;
  guild_id?: string;
  parent_id?: string | null;
  thread_metadata?: { locked: boolean; archived: boolean };
  available_tags?: { id: string; name: string }[];
  applied_tags?: string[];
  bot_may: string;
  /** The channel's own overwrite for the bot's role; direct messages have none. */
  bot_overwrite?: { allow: string; deny: string };
  /** Each person's permissions, by name. */
  people_may: Record<string, string>;
}

export interface Guild {
  id: string;
  name: string;
  channels: Channel[];
  roles: { id: string; name: string }[];
  system_channel_id: string | null;
  /** The bot's permissions in a channel without an overwrite. */
  bot_base: string;
  /** Whether the bot is in the server. */
  joined: boolean;
  /** False during an outage. */
  available: boolean;
}

export interface World {
  bot: User;
  people: Person[];
  /** The bit of each permission, by name. */
  permissions: Record<string, string>;
  guilds: Guild[];
  directs: Channel[];
}

export interface Choice {
  name: string;
  value: string | number | boolean;
}

export interface Option {
  name: string;
  description: string;
  type: number;
  required?: boolean;
  choices?: Choice[];
  autocomplete?: boolean;
  channel_types?: number[];
  options?: Option[];
}

export interface Command {
  name: string;
  description: string;
  type?: number;
  options?: Option[];
  default_member_permissions?: string | null;
}

export interface Emoji {
  id?: string | null;
  name?: string | null;
}

export interface Button {
  type: 2;
  style: number;
  label?: string;
  emoji?: Emoji;
  custom_id?: string;
  url?: string;
  disabled?: boolean;
}

export interface SelectOption {
  label: string;
  value: string;
  description?: string;
  emoji?: Emoji;
  default?: boolean;
}

export interface Select {
  type: 3;
  custom_id: string;
  options: SelectOption[];
  label?: string;
  placeholder?: string;
  min_values?: number;
  max_values?: number;
  disabled?: boolean;
  required?: boolean;
}

export interface TextInput {
  type: 4;
  custom_id: string;
  style: number;
  label?: string;
  placeholder?: string;
  min_length?: number;
  max_length?: number;
  required?: boolean;
  value?: string;
}

/** A select that Discord fills itself: with roles (6) or with channels (8). */
export interface EntitySelect extends Omit<Select, "type" | "options"> {
  type: 6 | 8;
  default_values?: { id: string }[];
  channel_types?: number[];
}

/** A component that the page only names. */
export interface OtherComponent {
  type: 5 | 7;
}

export type MessageComponent = Button | Select | EntitySelect | OtherComponent;
export type FormInput = TextInput | Select;

export type FormPart =
  | { type: 1; components?: FormInput[] }
  | { type: 10; content: string }
  | { type: 18; label: string; description?: string; component: FormInput };

/** A modal. */
export interface Form {
  title: string;
  components: FormPart[];
}

export interface EmbedField {
  name: string;
  value: string;
  inline: boolean;
}

export interface Embed {
  title?: string;
  description?: string;
  url?: string;
  color?: number;
  timestamp?: string;
  author?: { name: string; url?: string; icon_url?: string };
  footer?: { text: string; icon_url?: string };
  thumbnail?: { url: string };
  image?: { url: string };
  fields?: EmbedField[];
}

export interface Message {
  id: string;
  channel_id: string;
  author: User;
  type: number;
  content: string;
  embeds: Embed[];
  components: { components: MessageComponent[] }[];
  timestamp: string;
  edited_timestamp: string | null;
  flags: number;
  mention_roles?: string[];
  interaction_metadata?: { id: string; user: User };
  /** The command that it answers, with its subcommands. */
  command?: string;
}

/** A notice that only the page shows, below the message with the id `after`. */
export interface Notice {
  id: string;
  channel: string;
  person: string;
  line: string;
  text: string;
  after: string;
}

/** A request of the bot, or with the method GATEWAY an event of its connection. */
export interface LogEntry {
  number: number;
  at: string;
  method: string;
  path: string;
  body: unknown;
  /** 0: the connection was broken instead. */
  status: number;
  answer: string;
  /** The faults, in sentences. */
  verdict: string[];
}

export interface NewFault {
  kind: string;
  method: string;
  path: string;
  status: number;
  code: number;
  /** Null: until it is removed. */
  times: number | null;
  seconds: number | null;
  everywhere: boolean;
  contains: string;
}

export interface Fault extends NewFault {
  id: number;
}

export interface Status {
  online: boolean;
  /** Seconds from the real time to the sandbox's; null if it has no clock. */
  lead: number | null;
}

/** The registered commands by server's id; "everywhere" has those for every server. */
export type Commands = Record<string, Command[]>;

/** When the next digest is due, by channel's id. */
export type NextDigests = Record<string, string>;

export interface Times {
  now: string;
  next: NextDigests;
}

export interface Snapshot {
  world: World;
  commands: Commands;
  /** By channel's id, oldest first. */
  messages: Record<string, Message[]>;
  log: LogEntry[];
  /** The kinds of faults. */
  kinds: string[];
  status: Status;
  faults: Fault[];
  /** The names of people who accept no direct messages. */
  closed: string[];
  /** Whether pictures are loaded from their hosts. */
  pictures: boolean;
}

/** The messages of the websocket. */
export type Change =
  | ({ type: "state" } & Snapshot)
  | { type: "message"; message: Message }
  | { type: "gone"; channel: string; id: string }
  | { type: "log"; entry: LogEntry }
  | ({ type: "world" } & Pick<Snapshot, "world">)
  | ({ type: "commands" } & Pick<Snapshot, "commands">)
  | ({ type: "status" } & Pick<Snapshot, "status">)
  | ({ type: "faults" } & Pick<Snapshot, "faults">)
  | ({ type: "closed" } & Pick<Snapshot, "closed">)
  | ({ type: "pictures" } & Pick<Snapshot, "pictures">);

export interface Refused {
  state: "refused";
  reason: string;
}

/** The outcome of a person's action on the bot; "pending": the bot asked for time. */
export type Outcome =
  | Refused
  | { state: "answered" | "pending" | "failed"; interaction?: string; form?: undefined }
  | { state: "answered"; interaction: string; form: Form };

export type Completion = Refused | { state: "answered" | "failed"; choices: Choice[] };

/** What came of a channel's digests while the clock moved; `says` is a phrase, or nothing. */
export interface Came {
  channel: string;
  stories: number;
  says: string;
}

/** The result of a move of the clock. */
export type Move = Refused | ({ state?: undefined; back: boolean; came: Came[] } & Times);

export type Done = Refused | { state: "answered" };

/** The answer to a POST, by path. */
export interface Answers {
  channel: Done;
  choose: Outcome;
  clock: Move;
  command: Outcome;
  complete: Completion;
  "faults/add": Done;
  "faults/remove": Done;
  gateway: Done;
  permission: Done;
  person: Done;
  pictures: Refused | { state?: undefined; allowed: boolean };
  press: Outcome;
  server: Done;
  setting: Done;
  submit: Outcome;
}

/** The answer to a GET, by path. */
export interface Reads {
  clock: Times;
  messages: Message[];
}
