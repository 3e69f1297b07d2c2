import type { ChallengeVerdict } from './digest-session.ts'

/** Why a password cannot be proved, in words for a technician. */
export const DENIAL_WORDS: { readonly [V in ChallengeVerdict | 'no-credential']: string } = {
  retry: 'the password was refused again and again',
  wrong: 'the user or the password is wrong',
  'basic-only': 'it asks for the password in clear (Basic); set Digest in the camera',
  'no-challenge': 'the user or the password is wrong, or the camera does not say how to prove it',
  'unknown-algorithm': 'it asks for a proof that is not known',
  'no-credential': 'it asks for a user and a password, and none is configured',
}
