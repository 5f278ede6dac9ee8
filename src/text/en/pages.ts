/** The pages around a sign-in. */
export const pages = {
  product: 'Countersign',
  title: ({ page }: { page: string }) => `${page} · Countersign`,

  signIn: {
    title: 'Sign in',
    heading: 'Sign in to show that it is you',
    next: 'You go on to the sign-in of your organization.',
    continue: 'Continue',
  },
  signedIn: {
    title: 'Signed in',
    heading: 'You are signed in',
    goBack: 'Go back to Teams: what you were doing continues there.',
    code: 'If Teams asks for a code, this is it. It is good once, for you alone, for ten minutes.',
    copy: 'Copy',
    copied: 'Copied',
    copyByHand: 'Copy it by hand',
    closeWindow: 'You can close this window.',
    teamsContinues: 'Teams goes on by itself. You can close this window.',
  },
  refused: {
    title: 'Not signed in',
    heading: 'You are not signed in',
    code: 'Code:',
    fault: 'Something went wrong here. Press the button in Teams again.',
  },
};
