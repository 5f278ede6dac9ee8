// The page after a sign-in: sends its one-time code to Teams, and shows it if that fails. The code
// is useless without an activity of its person.
const GIVE_UP_MS = 4_000;
const { code = '', opener: openers = '', ...text } = document.body.dataset;
const hint = document.getElementById('hint');
const copy = document.getElementById('copy');

// The address contains the provider's answer, which is used already and must not be shared.
history.replaceState(null, '', location.pathname);

if (code !== '') {
  tellOpener();
  void tellTeams();
}

copy?.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(code);
    copy.textContent = text.copied;
  } catch {
    // Without a clipboard people type the code from the page.
    copy.textContent = text.copyByHand;
  }
});

/** Sends the code to the opening page of the local profile, if it has one of these origins. */
function tellOpener() {
  if (!window.opener || openers === '') return;
  for (const origin of openers.split(' ')) {
    window.opener.postMessage({ countersignCode: code }, origin);
  }
  done(text.closeWindow);
  setTimeout(() => window.close(), 1_200);
}

/** Inside Teams the library answers; elsewhere it does not, and the code remains visible. */
async function tellTeams() {
  const teams = window.microsoftTeams;
  if (!teams) return;
  const late = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('no answer')), GIVE_UP_MS);
  });
  try {
    await Promise.race([teams.app.initialize(), late]);
    teams.authentication.notifySuccess(code);
    done(text.teamsContinues);
  } catch (error) {
    console.info('Not inside Teams:', error instanceof Error ? error.message : error);
  }
}

function done(sentence) {
  if (hint) hint.textContent = sentence;
  document.body.dataset.handedOver = 'yes';
}
