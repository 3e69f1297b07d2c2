/**
 * Parameters of single sites: changed by an officer or a head with a reason, numbered, in force from a moment on, and on
 * record in the audit log before they are kept. The detector goes on with what it has learnt and believes.
 */
import type { SiteId, UserId } from '@minewarden/protocol/ids.ts'
import { type Clock, type Instant, instant } from '@minewarden/protocol/time.ts'
import { CloudError } from '../../errors.ts'
import type { AuditFact } from '../audit.ts'
import type { Parameters } from '../detection/parameters.ts'
import type { User } from '../ports.ts'
import { contradiction, type SiteParameters, withSiteParameters } from './site-parameters.ts'

export interface ParameterVersion {
  readonly site: SiteId
  /** 1, 2, 3 ... of the site. */
  readonly version: number
  readonly parameters: SiteParameters
  readonly effectiveAt: Instant
  readonly reason: string
  readonly by: UserId
  readonly name: string
  readonly at: Instant
}

/** Where versions are kept. @throws CloudError `findings-unusable` */
export interface TuningStore {
  /** Of all sites, oldest first; of each site at most {@link MOST_VERSIONS}. */
  versions(): readonly ParameterVersion[]
  /** Durable when it returns; forgets the site's versions up to `forgetTo`. */
  save(version: ParameterVersion, forgetTo: number): void
}

/** Of a site; the audit log has those that are forgotten. */
export const MOST_VERSIONS = 100
/** Further ahead nobody remembers what was planned. */
const FURTHEST_MS = 31 * 86_400_000

export interface TuningService {
  /** In force at a moment. */
  parametersOf(site: SiteId, at: Instant): Parameters
  /** Newest first. */
  versionsOf(site: SiteId): readonly ParameterVersion[]
  /** What a site would be judged by. @throws CloudError `request-invalid` */
  tried(parameters: SiteParameters): Parameters
  /** @throws CloudError `request-invalid`, `not-allowed` (viewer) */
  change(
    site: SiteId,
    wanted: { readonly parameters: SiteParameters; readonly effectiveAt: Instant | null; readonly reason: string },
    by: User,
  ): Promise<ParameterVersion>
  /** Sites whose parameters have come into force since the last call. */
  due(at: Instant): readonly SiteId[]
}

export interface TuningDeps {
  readonly store: TuningStore
  /** Of all sites that say nothing else. */
  readonly county: Parameters
  readonly audit: (fact: AuditFact) => Promise<void>
  readonly clock: Pick<Clock, 'now'>
}

export function createTuning({ store, county, audit, clock }: TuningDeps): TuningService {
  const bySite = new Map<SiteId, ParameterVersion[]>()
  const add = (version: ParameterVersion) => {
    const list = [...(bySite.get(version.site) ?? []), version].slice(-MOST_VERSIONS)
    bySite.set(version.site, list)
    return list[0]!.version - 1
  }
  for (const version of store.versions()) add(version)
  let askedAt = clock.now()
  // Of versions in force the highest counts: a later decision, though it was to hold from an earlier moment.
  const inForce = (site: SiteId, at: Instant) => (bySite.get(site) ?? []).findLast((one) => one.effectiveAt <= at)
  const tried = (parameters: SiteParameters): Parameters => {
    const whole = withSiteParameters(county, parameters)
    const problem = contradiction(whole)
    if (problem !== null) throw new CloudError('request-invalid', problem)
    return whole
  }
  return {
    parametersOf: (site, at) => withSiteParameters(county, inForce(site, at)?.parameters ?? {}),
    versionsOf: (site) => (bySite.get(site) ?? []).toReversed(),
    tried,
    async change(site, { parameters, effectiveAt, reason }, by) {
      if (by.role === 'viewer') throw new CloudError('not-allowed', 'A viewer reads; tuning needs an officer')
      tried(parameters)
      const now = clock.now()
      if (effectiveAt !== null && effectiveAt < now)
        throw new CloudError('request-invalid', 'effectiveAt: what was judged is not judged again')
      if (effectiveAt !== null && effectiveAt > now + FURTHEST_MS)
        throw new CloudError('request-invalid', 'effectiveAt: at most 31 days ahead')
      const make = (): ParameterVersion => ({
        ...{ site, parameters, reason, by: by.id, name: by.name, at: now },
        version: (bySite.get(site)?.at(-1)?.version ?? 0) + 1,
        effectiveAt: effectiveAt ?? now,
      })
      const detail = {
        parameters,
        reason,
        effectiveAt: effectiveAt ?? now,
        before: inForce(site, now)?.parameters ?? {},
      }
      await audit({ at: now, actor: by.id, action: 'site.tuned', subject: site, detail })
      // Numbered after the wait: somebody else may have changed the site meanwhile.
      const version = make()
      store.save(version, add(version))
      return version
    },
    due(at) {
      const since = askedAt
      askedAt = instant(Math.max(at, since))
      const came = (one: ParameterVersion) => one.effectiveAt <= at && (one.effectiveAt > since || one.at >= since - 1)
      return [...bySite].flatMap(([site, list]) => (list.some(came) ? [site] : []))
    },
  }
}
