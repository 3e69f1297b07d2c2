import { overBase, ProfileOptions } from './profile.ts'
import { DTSU666 } from './profiles/dtsu666.ts'
import { DTSU666_H } from './profiles/dtsu666-h.ts'
import { SDM630 } from './profiles/sdm630.ts'

/** Meters that we know, by the name that a configuration gives. */
const PROFILES = { sdm630: SDM630, dtsu666: DTSU666, 'dtsu666-h': DTSU666_H } as const
export const PROFILE_NAMES = Object.keys(PROFILES) as [keyof typeof PROFILES, ...(keyof typeof PROFILES)[]]

/** The profile of this name; `null`: we know none. */
export const knownProfile = (name: string): ProfileOptions | null =>
  Object.hasOwn(PROFILES, name) ? ProfileOptions.parse(PROFILES[name as keyof typeof PROFILES]) : null

/** What a configuration says, put over the known profile that it builds on; the problem when there is none of that name. */
export function completeProfile(said: string | ProfileOptions): ProfileOptions | { readonly problem: string } {
  const own: ProfileOptions = typeof said === 'string' ? { base: said, registers: [] } : said
  if (own.base === undefined) return own
  const base = knownProfile(own.base)
  if (!base) return { problem: `no profile ${own.base}; there are: ${PROFILE_NAMES.join(', ')}` }
  const whole = overBase(base, own)
  return whole.registers.length > 0 ? whole : { problem: 'no register is left' }
}
