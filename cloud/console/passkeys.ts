import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from '@simplewebauthn/browser'

/** The only file that knows how a browser is asked for a passkey. */

/** The person did not go through with it, or the device refused. */
export class PasskeyRefused extends Error {}

const refused = (error: unknown): never => {
  const wrapped = error instanceof WebAuthnError ? error.cause : error
  throw new PasskeyRefused((wrapped as Error | undefined)?.message ?? String(error))
}

/** Asks the person for a passkey; what the authenticator signs is in the options. @throws PasskeyRefused */
export const answerWithPasskey = (options: object): Promise<object> =>
  startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON }).catch(refused)

/** Makes a passkey. @throws PasskeyRefused */
export const makePasskey = (options: object): Promise<object> =>
  startRegistration({ optionsJSON: options as PublicKeyCredentialCreationOptionsJSON }).catch(refused)
