/** Counties, sites, gateways and probes as they stand, as points. */
import { SITE_STATES, type SiteState } from '@minewarden/protocol/finding.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { GatewayView, SiteView } from '../ports.ts'
import type { KnownStatus, ProbeCount, ProbeCounts } from '../probes/online-rate.ts'
import type { GatewayFigures } from './gateway-watch.ts'
import type { HistoryPoint } from './measurement.ts'
import { type PlaceTags, placeOf } from './places.ts'
import { fleetPoint } from './schema.ts'

/** What is wrong with a site's ears is told of so many sensors; the page has them all. */
const MAX_TOLD = 8
/** Of which nothing was heard for so long, a site is silent. */
export const SILENT_AFTER_S = 15 * 60

interface SensorCount {
  readonly sensors: number
  readonly online: number
  readonly troubled: number
}

const isWell = (gateway: GatewayView, { online, state }: GatewayView['sensors'][number]): boolean =>
  gateway.online && online && (state === 'ok' || state === 'unknown')

function countSensors(gateways: readonly GatewayView[]): SensorCount {
  const all = gateways.flatMap((gateway) => gateway.sensors.map((sensor) => ({ gateway, sensor })))
  return {
    sensors: all.length,
    online: all.filter(({ gateway, sensor }) => gateway.online && sensor.online).length,
    troubled: all.filter(({ gateway, sensor }) => !isWell(gateway, sensor)).length,
  }
}

/** Seconds since anything was heard of it; `null`: nothing ever was. */
export function silentS({ gateways }: Pick<SiteView, 'gateways'>, now: Instant): number | null {
  const newest = Math.max(...gateways.map(({ lastReadingAt }) => lastReadingAt ?? Number.NEGATIVE_INFINITY))
  return Number.isFinite(newest) ? Math.max(0, (now - newest) / 1000) : null
}

const isSilent = (site: SiteView, now: Instant): boolean =>
  (silentS(site, now) ?? Number.POSITIVE_INFINITY) > SILENT_AFTER_S

/** Why not everything is heard: gateways that are away, then sensors with what is wrong with them. */
function silenceOf(gateways: readonly GatewayView[]): string {
  const told = gateways.flatMap((gateway) =>
    gateway.online
      ? gateway.sensors
          .filter((sensor) => !isWell(gateway, sensor))
          .map(({ id, online, state }) => `${id}: ${online ? state : 'away'}`)
      : [`${gateway.id}: away`],
  )
  const rest = told.length > MAX_TOLD ? `; +${told.length - MAX_TOLD}` : ''
  return told.slice(0, MAX_TOLD).join('; ') + rest
}

export function sitePoint(view: SiteView, openOrders: number, now: Instant): HistoryPoint {
  const { site, gateways } = view
  const { sensors, online, troubled } = countSensors(gateways)
  const permit = site.permits.find(({ from, to }) => from <= now && now <= to)
  return fleetPoint('site', now, placeOf(site), {
    name: view.name,
    latitude: site.latitude,
    longitude: site.longitude,
    state: view.state,
    level: SITE_STATES.indexOf(view.state),
    probability: view.probability,
    sinceMs: view.since,
    gateways: gateways.length,
    gatewaysOnline: gateways.filter((gateway) => gateway.online).length,
    sensors,
    sensorsOnline: online,
    sensorsTroubled: troubled,
    silentS: silentS(view, now),
    silence: silenceOf(gateways),
    permitted: permit !== undefined,
    permit: permit?.reason ?? '',
    openOrders,
  })
}

export function gatewayPoint(
  gateway: GatewayView,
  place: PlaceTags,
  figures: GatewayFigures,
  now: Instant,
): HistoryPoint {
  const { online, since, lastReadingAt, sensors, id } = gateway
  return fleetPoint(
    'gateway',
    now,
    { ...place, gateway: id },
    {
      online,
      sinceMs: since,
      silentS: lastReadingAt === null ? null : Math.max(0, (now - lastReadingAt) / 1000),
      sensors: sensors.length,
      sensorsOnline: countSensors([gateway]).online,
      ...figures,
      // No gateway tells either.
      version: null,
      certificateDaysLeft: null,
    },
  )
}

export function countyPoint(
  county: string,
  sites: readonly SiteView[],
  openOrders: number,
  now: Instant,
): HistoryPoint {
  const gateways = sites.flatMap((site) => site.gateways)
  const { sensors, online, troubled } = countSensors(gateways)
  const states = Object.fromEntries(
    SITE_STATES.map((state) => [state, sites.filter((site) => site.state === state).length]),
  ) as Record<SiteState, number>
  return fleetPoint(
    'county',
    now,
    { county },
    {
      sites: sites.length,
      ...states,
      gateways: gateways.length,
      gatewaysOnline: gateways.filter((gateway) => gateway.online).length,
      sensors,
      sensorsOnline: online,
      sensorsTroubled: troubled,
      sitesSilent: sites.filter((site) => isSilent(site, now)).length,
      openOrders,
    },
  )
}

export function probesPoints({ all, counties, townships, areas }: ProbeCounts, now: Instant): HistoryPoint[] {
  const point = (scope: string, code: string, { total, onlinePercent, byStatus }: ProbeCount) =>
    fleetPoint(
      'probes',
      now,
      { scope, code },
      {
        total,
        onlinePercent,
        ...(byStatus as { readonly [S in KnownStatus]: number }),
      },
    )
  return [
    point('all', 'all', all),
    ...counties.map((count) => point('county', count.code, count)),
    ...townships.map((count) => point('township', count.code, count)),
    ...areas.map((count) => point('area', count.code, count)),
  ]
}
