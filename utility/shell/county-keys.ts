import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { KeySet } from '@minewarden/protocol/jws.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { UtilityError } from '../errors.ts'

/** Whoever sends orders with made-up key ids cannot make us fetch more often than this. */
const MIN_REFETCH_MS: Millis = 5_000
/** A key that the county withdrew is trusted no longer than this. */
const MAX_AGE_MS: Millis = 600_000

/** The county's published keys, fetched when needed. */
export interface CountyKeys {
  /** `kid`: the key looked for; a set that lacks it is fetched anew. @throws UtilityError `issuer-unreachable` */
  keysFor(kid: string): Promise<KeySet>
}

export function createCountyKeys(fetchKeys: () => Promise<unknown>, clock: Clock): CountyKeys {
  let cached: { keys: KeySet; at: Millis } | null = null
  let triedAt: Millis | null = null
  return {
    async keysFor(kid) {
      const now = clock.monotonic()
      const fresh = cached && now - cached.at < MAX_AGE_MS ? cached.keys : null
      if (fresh?.keys.some((key) => key.kid === kid)) return fresh
      if (triedAt !== null && now - triedAt < MIN_REFETCH_MS) {
        if (fresh) return fresh
        throw new UtilityError('issuer-unreachable', 'the keys of the issuer could not be fetched a moment ago')
      }
      triedAt = now
      const keys = await load(fetchKeys)
      cached = { keys, at: now }
      return keys
    },
  }
}

async function load(fetchKeys: () => Promise<unknown>): Promise<KeySet> {
  const body = await fetchKeys().catch((error) => {
    throw new UtilityError('issuer-unreachable', `the keys of the issuer cannot be fetched: ${error.message}`, error)
  })
  const checked = check<KeySet>(KeySet, body)
  if (checked.ok) return checked.value
  throw new UtilityError('issuer-unreachable', `the keys of the issuer: ${describeProblems(checked.problems)}`)
}
