/**
 * What a person may ask of a camera probe. Pictures on request: none is asked of a gateway but for a signed-in person with a reason, and the audit log has it
 * before the command goes out. Every view is audited too. What comes is kept for a bounded time: it shows people.
 * And a camera that was turned on purpose is learnt anew, which as well could hide one that was turned away: on record, too.
 */
import type { GatewayId, SensorId, SiteId, UserId } from '@minewarden/protocol/ids.ts'
import type { Clock, Instant, Millis } from '@minewarden/protocol/time.ts'
import { CloudError } from '../errors.ts'
import type { AuditFact } from './audit.ts'
import type { Logger } from './ports.ts'

/** Who asked whom for what, when and why. */
export interface AskedPicture {
  readonly request: string
  readonly site: SiteId
  readonly gateway: GatewayId
  readonly sensor: SensorId
  readonly by: UserId
  readonly reason: string
  readonly askedAt: Instant
}

type Wanted = Omit<AskedPicture, 'request' | 'askedAt'>

/** A request and what has come of it. */
export interface PictureView extends AskedPicture {
  readonly takenAt: Instant | null
  /** Parts that have come, and how many there are; `null`: the gateway has not answered. */
  readonly parts: number
  readonly expected: number | null
  /** Why there is none; `null`: it was not refused. */
  readonly refusal: string | null
}

/** Where requests and pictures are kept. @throws CloudError `probes-unusable` */
export interface PictureStore {
  remember(asked: AskedPicture): void
  picture(request: string): PictureView | null
  /** The JPEG once all parts have come, else `null`. */
  jpeg(request: string): Uint8Array | null
  /** Newest first. */
  pictures(of: { readonly gateway: GatewayId; readonly sensor: SensorId }, limit: number): readonly PictureView[]
  /** How many were asked for since a moment, of these. */
  askedSince(since: Instant, by: { readonly user: UserId } | { readonly gateway: GatewayId }): number
}

export interface PicturesService {
  /**
   * Asks at once, and once: a command may be lost on its way, and is not repeated.
   * @returns the request's id
   * @throws CloudError `gateway-offline`, `no-picture`, `too-many-attempts`, `data-unusable`
   */
  ask(wanted: Wanted): Promise<string>
  /**
   * Has a gateway forget what it learnt of a camera's scene: to be asked for once the camera was turned on purpose.
   * @returns the request's id, which the sensor's state names once it is done
   * @throws CloudError `gateway-offline`, `no-picture`, `too-many-attempts`
   */
  relearn(wanted: Wanted): Promise<string>
  /** `null`: no such request, or forgotten. */
  picture(request: string): PictureView | null
  pictures: PictureStore['pictures']
  /** The JPEG, after the view of it is on record; `null`: there is none, or not all of it. */
  view(request: string, by: UserId): Promise<Uint8Array | null>
}

export interface PicturesDeps {
  readonly store: PictureStore
  /** Durable when it resolves. */
  readonly audit: (fact: AuditFact) => Promise<void>
  readonly isOnline: (gateway: GatewayId) => boolean
  readonly givesPictures: (gateway: GatewayId, sensor: SensorId) => boolean
  readonly command: (gateway: GatewayId, sensor: SensorId, request: string, at: Instant) => void
  readonly learnsScene: (gateway: GatewayId, sensor: SensorId) => boolean
  readonly commandRelearning: (gateway: GatewayId, sensor: SensorId, request: string, at: Instant) => void
  readonly newId: () => string
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
}

const HOUR_MS: Millis = 3_600_000
/** Nobody needs more in an hour; a session that was stolen does. */
export const MOST_AN_HOUR = { person: 30, gateway: 60 } as const
/** Of all gateways: a county has some hundred cameras, and turns a few of them a month. */
export const MOST_RELEARNT_AN_HOUR = 200

export function createPictures(deps: PicturesDeps): PicturesService {
  const { store, audit, clock, logger } = deps
  /** Requests that are being put on record: they count, or who asks a hundred times at once would pass. */
  const underWay = new Set<Wanted>()
  let relearnt: Instant[] = []
  return {
    async ask(wanted) {
      const { gateway, sensor, by, reason, site } = wanted
      const askedAt = clock.now()
      refuse(deps, wanted, { now: askedAt, underWay })
      const request = deps.newId()
      const subject = `${gateway}/${sensor}`
      underWay.add(wanted)
      try {
        // First the record: a command that went out without one could not be taken back.
        await audit({ at: askedAt, actor: by, action: 'picture.asked', subject, detail: { request, site, reason } })
        // And the request: the answer may come before the next line.
        store.remember({ ...wanted, request, askedAt })
      } finally {
        underWay.delete(wanted)
      }
      deps.command(gateway, sensor, request, clock.now())
      logger.info({ request, by, site, gateway, sensor }, 'asked a gateway for a picture')
      return request
    },
    async relearn({ gateway, sensor, by, reason, site }) {
      const at = clock.now()
      if (!deps.isOnline(gateway)) throw new CloudError('gateway-offline', `${gateway} is not connected`)
      if (!deps.learnsScene(gateway, sensor))
        throw new CloudError('no-picture', `${gateway}/${sensor} gives no pictures of which a scene is learnt`)
      relearnt = relearnt.filter((before) => before > at - HOUR_MS)
      if (relearnt.length >= MOST_RELEARNT_AN_HOUR)
        throw new CloudError('too-many-attempts', 'Too many cameras were learnt anew within the last hour')
      relearnt.push(at)
      const request = deps.newId()
      const subject = `${gateway}/${sensor}`
      await audit({ at, actor: by, action: 'scene.relearn-asked', subject, detail: { request, site, reason } })
      deps.commandRelearning(gateway, sensor, request, clock.now())
      logger.info({ request, by, site, gateway, sensor }, 'asked a gateway to learn a scene anew')
      return request
    },
    picture: (request) => store.picture(request),
    pictures: (of, limit) => store.pictures(of, limit),
    async view(request, by) {
      const picture = store.picture(request)
      const jpeg = picture && store.jpeg(request)
      if (!jpeg) return null
      const subject = `${picture.gateway}/${picture.sensor}`
      await audit({ at: clock.now(), actor: by, action: 'picture.viewed', subject, detail: { request } })
      return jpeg
    },
  }
}

/** @throws CloudError */
function refuse(
  { isOnline, givesPictures, store }: PicturesDeps,
  { gateway, sensor, by }: Wanted,
  { now, underWay }: { readonly now: Instant; readonly underWay: ReadonlySet<Wanted> },
): void {
  if (!isOnline(gateway)) throw new CloudError('gateway-offline', `${gateway} is not connected`)
  if (!givesPictures(gateway, sensor)) throw new CloudError('no-picture', `${gateway}/${sensor} gives no pictures now`)
  const since = (now - HOUR_MS) as Instant
  const waiting = [...underWay]
  const isTooMany =
    store.askedSince(since, { user: by }) + waiting.filter((one) => one.by === by).length >= MOST_AN_HOUR.person ||
    store.askedSince(since, { gateway }) + waiting.filter((one) => one.gateway === gateway).length >=
      MOST_AN_HOUR.gateway
  if (isTooMany) throw new CloudError('too-many-attempts', 'Too many pictures were asked for within the last hour')
}
