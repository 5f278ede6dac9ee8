// The page of a sign-in link: continues by itself when it is visible. A fetch or a prerendered page
// does not use the link.
const form = document.querySelector('form');
const goOn = () => {
  if (document.visibilityState !== 'visible') return;
  document.removeEventListener('visibilitychange', goOn);
  form?.requestSubmit();
};

document.addEventListener('visibilitychange', goOn);
// A link works once, so a second press must not submit the form again.
form?.addEventListener('submit', () => form.querySelector('button')?.setAttribute('disabled', ''));
goOn();
