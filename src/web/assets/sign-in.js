// The page after a sign-in: hands its one-time code to Teams, and shows it where that fails.
// The code is useless without an activity of the very person it was made for.
const GIVE_UP_MS = 4_000;
const { code = '', opener: openers = '', ...text } = document.body.dataset;
const hint = document.getElementById('hint');
const copy = document.getElementById('copy');

// The address holds the provider's answer; it is used up, and nobody should share it.
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
    // No clipboard here: the code is on the page to be typed.
    copy.textContent = text.copyByHand;
  }
});

/** The local profile's page opened this window; each address is told only if it is the one. */
function tellOpener() {
  if (!window.opener || openers === '') return;
  for (const origin of openers.split(' ')) {
    window.opener.postMessage({ countersignCode: code }, origin);
  }
  done(text.closeWindow);
  setTimeout(() => window.close(), 1_200);
}

/** Inside Teams the library answers; anywhere else it never does, and the code stays visible. */
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
