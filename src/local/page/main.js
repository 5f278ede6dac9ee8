import { openAbout } from './about.js';
import { get, listen, post } from './api.js';
import { chatList } from './chat-list.js';
import { choice, keep } from './choices.js';
import { composer } from './composer.js';
import { Conversation } from './conversation.js';
import { openDialog } from './dialog.js';
import { byId } from './dom.js';
import { emptyState } from './empty-state.js';
import { frame } from './frame.js';
import { peoplePanel } from './people-panel.js';
import { toast } from './toasts.js';
import { extensionResult } from './extension.js';

const state = {
  title: 'Countersign',
  me: null,
  people: [],
  chats: [],
  chatId: null,
  commandId: 'request',
  suggestions: [],
  settings: { singleSignOn: true },
  last: new Map(),
  unread: new Map(),
};
const shell = byId('shell');
let stopListening = () => {};
let turn = 0;

const box = composer({ onSend: say, onRequest: request });
const conversation = new Conversation({
  composer: box.element,
  onBack: () => pane('list'),
  emptyState: (context) =>
    emptyState(context, {
      suggestions: state.suggestions,
      onSay: box.offer,
      onRequest: request,
    }),
});
const list = chatList({ onPick: openChat });
const panel = peoplePanel({
  onPick: become,
  onClose: () => drawer(false),
  onSingleSignOn: setSingleSignOn,
});
const bars = frame({
  onAbout: () => openAbout(state),
  onPeople: () => drawer(!shell.classList.contains('show-people')),
  onRequest: request,
  onChats: () => {
    pane('list');
    byId('list-pane').querySelector('[aria-current]')?.focus();
  },
});

function draw() {
  bars.draw(state);
  list.draw(state);
  panel.draw(state);
}

async function become(personId) {
  turn += 1;
  const mine = turn;
  stopListening();
  drawer(false);
  const next = await readState(personId);
  // Another person was chosen during the call.
  if (mine !== turn) return;
  state.last.clear();
  state.unread.clear();
  takeState(next);
  keep('as', state.me.id);
  stopListening = listen(state.me.id, {
    onChat: heard,
    onSettings: (settings) => {
      state.settings = settings;
      draw();
    },
    onOpen: () => {
      conversation.connection(false);
      attempt(loadMessages);
    },
    onLost: () => conversation.connection(true),
  });
  openChat(wantedChat().id);
}

async function readState(personId) {
  const query = personId ? `?as=${encodeURIComponent(personId)}` : '';
  try {
    return await get(`/api/state${query}`);
  } catch (error) {
    if (error.code !== 'unknown-person') throw error;
    return get('/api/state');
  }
}

function takeState(next) {
  Object.assign(state, next, { me: next.people.find((person) => person.id === next.me) });
}

/** The chat that the address or the last visit names by id, title or kind, else the first one. */
function wantedChat() {
  const wanted = (choice('chat') ?? '').toLowerCase();
  const names = (chat) => [chat.id, chat.title, chat.kind].map((name) => name.toLowerCase());
  return (
    state.chats.find((chat) => chat.id === state.chatId) ??
    state.chats.find((chat) => names(chat).includes(wanted)) ??
    state.chats[0]
  );
}

function openChat(chatId) {
  const chat = state.chats.find((one) => one.id === chatId);
  if (!chat) return;
  state.chatId = chatId;
  state.unread.delete(chatId);
  keep('chat', chat.title.toLowerCase());
  pane('conversation');
  conversation.open({ me: state.me, people: state.people, chat });
  box.open(chat);
  draw();
  attempt(loadMessages);
}

/** Reads all chats again: the open one to show it, the others for the list. */
async function loadMessages() {
  const { me } = state;
  await Promise.all(
    state.chats.map(async (chat) => {
      const path = `/api/chats/${encodeURIComponent(chat.id)}/messages?as=${me.id}`;
      const before = conversation.snapshot();
      const { messages } = await get(path);
      if (state.me !== me) return;
      const newest = messages[messages.length - 1];
      if (newest) state.last.set(chat.id, newest);
      if (chat.id === state.chatId) conversation.load(messages, before);
    }),
  );
  draw();
}

function heard(event) {
  const { type, chatId, message } = event;
  const newest = state.last.get(chatId);
  if (type !== 'delete' && (!newest || newest.at <= message.at)) state.last.set(chatId, message);
  if (chatId === state.chatId) {
    conversation.take(event);
  } else if (type === 'message') {
    state.unread.set(chatId, (state.unread.get(chatId) ?? 0) + 1);
  }
  list.draw(state);
}

async function say(text) {
  conversation.typing(true);
  const sent = await attempt(() => post('/api/say', { ...place(), text }));
  conversation.typing(false);
  return sent !== undefined;
}

/** Opens the messaging-extension command's form. */
function request() {
  const where = { ...place(), commandId: state.commandId };
  return attempt(async () => {
    const result = await post('/api/extension/open', where);
    extensionResult(result, {
      open: ({ title, card }) =>
        openDialog({
          title,
          card,
          submit: ({ action, inputs }, code) =>
            post('/api/extension/submit', {
              ...where,
              data: { ...action.data, ...inputs },
              ...(code ? { state: code } : {}),
            }),
        }),
    });
  });
}

async function setSingleSignOn(on) {
  await attempt(async () => {
    state.settings = await post('/api/settings', { singleSignOn: on });
    draw();
  });
}

function place() {
  return { as: state.me.id, chatId: state.chatId };
}

/** Runs an action; on failure shows the error and returns undefined. */
async function attempt(act) {
  try {
    return (await act()) ?? null;
  } catch (error) {
    toast(error.message, 'bad');
    return undefined;
  }
}

function pane(name) {
  shell.dataset.pane = name;
}

function drawer(open) {
  const pane = byId('people-pane');
  shell.classList.toggle('show-people', open);
  if (open) pane.querySelector('[aria-current]')?.focus();
  else if (pane.contains(document.activeElement)) byId('top').querySelector('.me')?.focus();
}

byId('scrim').addEventListener('click', () => drawer(false));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') drawer(false);
});
window.addEventListener('focus', () =>
  attempt(async () => {
    const { me } = state;
    if (!me) return;
    const next = await readState(me.id);
    if (state.me !== me) return;
    takeState(next);
    draw();
  }),
);
attempt(() => become(choice('as')));
