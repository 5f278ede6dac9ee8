// The page that a sign-in link opens: goes on by itself where a person has it before them. What
// only fetches the address, or renders it ahead of time, leaves the link unused.
const form = document.querySelector('form');
const goOn = () => {
  if (document.visibilityState !== 'visible') return;
  document.removeEventListener('visibilitychange', goOn);
  form?.requestSubmit();
};

document.addEventListener('visibilitychange', goOn);
// A link is good once, so a second press must not overtake the first.
form?.addEventListener('submit', () => form.querySelector('button')?.setAttribute('disabled', ''));
goOn();
