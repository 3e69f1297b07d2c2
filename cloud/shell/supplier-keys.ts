import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import type { SupplierId } from '@minewarden/protocol/ids.ts'
import { KeySet } from '@minewarden/protocol/jws.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { SupplierKeys } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import type { HttpsClient } from './https-client.ts'

/** Keys are known beforehand, or published at an address. */
export type KeySource =
  | { readonly supplier: SupplierId; readonly keys: KeySet }
  | { readonly supplier: SupplierId; readonly jwksUrl: string; readonly client: HttpsClient }

/** Whoever sends answers with made-up key ids cannot make us fetch more often than this. */
const MIN_REFETCH_MS: Millis = 5_000
/** A key that the supplier withdrew is trusted no longer than this. */
const MAX_AGE_MS: Millis = 600_000

interface Cached {
  keys: KeySet
  fetchedAt: Millis
}

export function createSupplierKeys(sources: readonly KeySource[], clock: Clock): SupplierKeys {
  const sourceOf = new Map(sources.map((source) => [source.supplier, source]))
  // Bounded by the number of suppliers in the configuration.
  const cache = new Map<SupplierId, Cached>()
  const triedAt = new Map<SupplierId, Millis>()
  // Answers that come together wait for one fetch.
  const underWay = new Map<SupplierId, Promise<KeySet>>()
  return {
    async keysOf(supplier, kid) {
      const source = sourceOf.get(supplier)
      if (!source) throw new CloudError('answer-untrusted', `supplier '${supplier}' is not known`)
      if ('keys' in source) return source.keys
      const now = clock.monotonic()
      const cached = cache.get(supplier)
      const fresh = cached && now - cached.fetchedAt < MAX_AGE_MS
      if (fresh && cached.keys.keys.some((key) => key.kid === kid)) return cached.keys
      const fetching = underWay.get(supplier)
      if (fetching) return await fetching
      const tried = triedAt.get(supplier)
      if (tried !== undefined && now - tried < MIN_REFETCH_MS) {
        if (fresh) return cached.keys
        throw new CloudError('answer-untrusted', 'the keys of the supplier cannot be fetched')
      }
      triedAt.set(supplier, now)
      const task = fetchKeys(source.client, source.jwksUrl).finally(() => underWay.delete(supplier))
      underWay.set(supplier, task)
      const keys = await task
      cache.set(supplier, { keys, fetchedAt: now })
      return keys
    },
  }
}

async function fetchKeys(client: HttpsClient, url: string): Promise<KeySet> {
  const fail = (why: string, cause?: unknown) =>
    new CloudError('answer-untrusted', `the keys of the supplier cannot be fetched: ${why}`, cause)
  const reply = await client.get(url).catch((error) => {
    throw fail('unreachable', error)
  })
  if (reply.status !== 200) throw fail(`HTTP ${reply.status}`)
  let body: unknown
  try {
    body = JSON.parse(reply.body)
  } catch (error) {
    throw fail('not JSON', error)
  }
  const checked = check<KeySet>(KeySet, body)
  if (!checked.ok) throw fail(describeProblems(checked.problems))
  return checked.value
}
