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
  operator: {
    home: {
      title: 'Approvals',
      heading: 'Approvals in Microsoft Teams',
      paragraphs: [
        'Sensitive actions happen here only after the right people have agreed to them.',
        'You use this service in Teams. Send "help" to the bot to see what you may request.',
      ],
    },
    privacy: {
      title: 'Privacy',
      heading: 'What this service stores',
      paragraphs: [
        'Who runs this service has published no privacy statement of their own at this address. ' +
          'Ask them, or the administrators of Teams in your organization.',
        'The software stores requests with their fields and reasons, who asked and who decided ' +
          '(name, identifiers of the directory and of Teams, roles and claims that were used), ' +
          'when, and what came of it; conversations with the bot by their identifiers; and, where ' +
          'sessions are switched on, an encrypted token for the next click.',
        'An append-only log keeps what happened. Personal values in it are encrypted for each ' +
          'person, and an erasure destroys that key.',
      ],
    },
    terms: {
      title: 'Terms of use',
      heading: 'Terms of use',
      paragraphs: [
        'Who runs this service has published no terms of use of their own at this address. Ask ' +
          'them, or the administrators of Teams in your organization.',
      ],
    },
  },
  refused: {
    title: 'Not signed in',
    heading: 'You are not signed in',
    code: 'Code:',
    fault: 'Something went wrong here. Press the button in Teams again.',
  },
};
