import { approvalCard, formCard } from './fake-cards.ts';
import type { FakeRequest } from './fake-cards.ts';
import { fakePeople } from './fake-people.ts';
import type {
  Chat,
  Click,
  ClickResult,
  Json,
  Message,
  Person,
  TeamsWorld,
  WorldEvent,
} from '../../../src/local/world.ts';

const BOT = { id: '28:countersign', name: 'Countersign', bot: true };
const CHANNEL: Chat = {
  id: '19:approvals@thread.tacv2',
  kind: 'channel',
  title: 'Approvals',
  team: 'Contoso Release',
};

/** An in-memory world behind the page, with the rules of the bot and without HTTP. */
export class FakeWorld implements TeamsWorld {
  singleSignOn = true;
  /** The page that returns a code; without it there is no sign-in. */
  signInUrl = 'http://127.0.0.1:9/sign-in';
  /** How long the bot takes to answer a click. */
  answerMs = 0;
  readonly heard: string[] = [];
  readonly refreshed: string[] = [];
  readonly #people = fakePeople();
  readonly #messages = new Map<string, Message[]>();
  readonly #listeners = new Map<string, Set<(event: WorldEvent) => void>>();
  readonly #requests = new Map<string, FakeRequest>();
  /** Personal views in place of a message's card, until the card is updated. */
  readonly #views = new Map<string, Json>();
  #next = 1;
  #minute = 0;

  people(): readonly Person[] {
    return this.#people;
  }

  chats(personId: string): readonly Chat[] {
    return [{ id: `a:${personId}`, kind: 'personal', title: 'Countersign' }, CHANNEL];
  }

  messages(personId: string, chatId: string): readonly Message[] {
    return (this.#messages.get(chatId) ?? []).map((message) => {
      const view = this.#views.get(`${personId} ${message.id}`);
      return view ? { ...message, attachments: [attachment(view)] } : message;
    });
  }

  listen(personId: string, heard: (event: WorldEvent) => void): () => void {
    const listeners = this.#listeners.get(personId) ?? new Set();
    this.#listeners.set(personId, listeners);
    listeners.add(heard);
    return () => listeners.delete(heard);
  }

  /** The number of listeners. */
  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, one) => sum + one.size, 0);
  }

  async say(personId: string, chatId: string, text: string): Promise<void> {
    this.heard.push(`${personId}: ${text}`);
    const person = this.#person(personId);
    this.post(chatId, { from: { id: person.mri, name: person.name, bot: false }, text });
    await this.#wait();
    const reply = text.startsWith('request')
      ? 'Press **+ Request** to fill in the form, or name the fields: ' +
        '`request deploy-production service=checkout version=4.12.0`'
      : 'I can take a **request**, tell you its *status*, or show this **help**.';
    this.post(chatId, { from: BOT, text: reply });
  }

  async click(click: Click): Promise<ClickResult> {
    const person = this.#person(click.personId);
    this.heard.push(`${click.personId} clicks ${String(click.action['verb'] ?? 'submit')}`);
    await this.#wait();
    const request = this.#requests.get(click.messageId);
    if (!request) return { kind: 'none' };
    if (click.action['type'] === 'Action.Submit') {
      const title = `Review request ${request.number}`;
      return { kind: 'dialog', title, card: this.#card(request) };
    }
    if (!this.singleSignOn && click.state === undefined) {
      return { kind: 'signIn', url: this.signInUrl, text: 'Prove who you are before you decide.' };
    }
    if (!this.singleSignOn && click.state !== '123456') {
      return { kind: 'error', code: 'sign-in-expired', text: 'That code is not valid any more.' };
    }
    const refused = this.#refusal(person, request);
    if (refused) return refused;
    request.decidedBy = person.name;
    request.state = click.action['verb'] === 'deny' ? 'denied' : 'approved';
    this.updateCard(click.messageId);
    return { kind: 'card', card: this.#card(request), personal: false };
  }

  async refresh(personId: string, _chatId: string, messageId: string): Promise<Json | undefined> {
    this.refreshed.push(`${personId} ${messageId}`);
    const request = this.#requests.get(messageId);
    if (!request) return undefined;
    const note = 'You may decide this request.';
    const card = approvalCard(request, { note, userIds: this.#approvers() });
    this.#views.set(`${personId} ${messageId}`, card);
    return card;
  }

  async openExtension(): Promise<ClickResult> {
    return { kind: 'dialog', title: 'Deploy to production', card: formCard() };
  }

  async submitExtension(options: { personId: string; data: Json }): Promise<ClickResult> {
    await this.#wait();
    if (options.data['version'] === '0.0.0') {
      return { kind: 'error', code: 'field-invalid', text: 'Version 0.0.0 was never released.' };
    }
    this.ask({
      number: 40 + this.#next,
      service: String(options.data['service']),
      version: String(options.data['version']),
      requester: this.#person(options.personId).name,
      reason: String(options.data['reason'] ?? 'No reason given'),
      state: 'pending',
    });
    return { kind: 'message', text: 'Sent. The service owner sees it in Approvals.' };
  }

  /** Posts a request's card to the channel; returns the message id. */
  ask(request: FakeRequest): string {
    const messageId = `m${this.#next}`;
    this.#requests.set(messageId, request);
    const content = this.#card(request);
    this.post(CHANNEL.id, { from: BOT, attachments: [attachment(content)] });
    return messageId;
  }

  /** Changes a posted request and updates its card for everybody. */
  updateCard(messageId: string, change: Partial<FakeRequest> = {}): void {
    const request = this.#requests.get(messageId);
    const list = this.#messages.get(CHANNEL.id) ?? [];
    const at = list.findIndex((one) => one.id === messageId);
    const before = list[at];
    if (!request || !before) return;
    Object.assign(request, change);
    const message = { ...before, attachments: [attachment(this.#card(request))], edited: true };
    list[at] = message;
    this.#views.clear();
    this.#tell({ type: 'update', chatId: CHANNEL.id, message });
  }

  /** Posts a message. */
  post(chatId: string, message: Partial<Message> & Pick<Message, 'from'>): void {
    this.#minute += 1;
    const at = new Date(Date.UTC(2026, 10, 20, 9, this.#minute)).toISOString();
    const whole: Message = {
      id: `m${this.#next++}`,
      chatId,
      at,
      attachments: [],
      edited: false,
      ...message,
    };
    this.#messages.set(chatId, [...(this.#messages.get(chatId) ?? []), whole]);
    this.#tell({ type: 'message', chatId, message: whole });
  }

  #card(request: FakeRequest): Json {
    return approvalCard(request, { userIds: this.#approvers() });
  }

  #approvers(): string[] {
    return this.#people.filter((one) => one.roles.includes('approver')).map((one) => one.mri);
  }

  #refusal(person: Person, request: FakeRequest): ClickResult | undefined {
    if (person.name === request.requester) {
      const text = 'You asked for this yourself. Somebody else has to decide it.';
      return { kind: 'error', code: 'own-request', text };
    }
    if (person.roles.includes('approver')) return undefined;
    const text = 'Deciding this needs the role approver, and your sign-in does not carry it.';
    return { kind: 'error', code: 'role-missing', text };
  }

  #tell(event: WorldEvent): void {
    for (const [personId, listeners] of this.#listeners) {
      if (!this.chats(personId).some((chat) => chat.id === event.chatId)) continue;
      for (const heard of [...listeners]) heard(event);
    }
  }

  #person(id: string): Person {
    const person = this.#people.find((one) => one.id === id);
    if (!person) throw new Error(`no person ${id}`);
    return person;
  }

  async #wait(): Promise<void> {
    if (this.answerMs > 0) await new Promise((done) => setTimeout(done, this.answerMs));
  }
}

function attachment(content: Json): Message['attachments'][number] {
  return { contentType: 'application/vnd.microsoft.card.adaptive', content };
}
