import { api } from './api.ts'
import { model } from './model.ts'

/** Counts what we know of who we are: an answer to an older question must not overwrite a newer one. */
let generation = 0

/** Asks the server who we are. @throws ApiError */
export async function learnWho(): Promise<void> {
  generation += 1
  const asked = generation
  const me = await api.me()
  if (asked === generation) model.me.set(me)
}

/** Exchanges a one-time token for a session. @throws ApiError */
export async function signIn(token: string): Promise<void> {
  const me = await api.signIn(token)
  generation += 1
  model.me.set(me)
}

/** Ends the session, here and at the server. @throws ApiError */
export async function signOut(): Promise<void> {
  await api.signOut()
  await learnWho()
}
