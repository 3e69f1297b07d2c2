/** What the fleet manager itself knows, decided and did, as measurements. */
import { EVENT_CLASSES, SITE_STATES } from '@minewarden/protocol/finding.ts'
import { emptyCounts } from '../ingest-counts.ts'
import { ORDER_STATES } from '../ports.ts'
import { KNOWN_STATUSES } from '../probes/online-rate.ts'
import { counter, flag, level, number, text } from './field.ts'
import type { Measurement } from './measurement.ts'

/** One field for each of a list, so that panels can stack them and windows can average them. */
const each = <Name extends string, Field>(names: readonly Name[], make: (name: Name) => Field) =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as { readonly [N in Name]: Field }

const EACH_MINUTE = 'each minute'
const AT_ONSET = 'when it is found, at the time of what it is of; a revised finding takes the place of the former'

const reasons = {
  reasonsZh: text('the reasons in words, Chinese'),
  reasonsEn: text('the reasons in words, English'),
} as const

const FINDINGS = {
  judgedEvent: {
    what: 'an event at a sensor, as judged',
    when: AT_ONSET,
    policy: 'facts',
    tags: ['county', 'township', 'site', 'sensor'],
    fields: {
      class: text(`one of ${EVENT_CLASSES.join(', ')}`),
      probability: number('', 'of that class'),
      durationS: number('s', 'length of the event'),
      peakVelocityMmPerS: number('mm/s', 'largest ground velocity of one axis'),
      dominantFrequencyHz: number('Hz', 'where its energy is'),
      attributed: flag('several sites felt it, and it is put down to one of them or to none'),
      revised: flag('it took the place of an earlier judgement'),
      late: flag('measured more than 15 minutes before it could be judged'),
      number: number('', 'number of the finding: `/findings/NUMBER`'),
      ...reasons,
    },
  },
  stateChange: {
    what: "a change of a site's state",
    when: 'when it is found, at the time of the last measurement that it rests on',
    policy: 'facts',
    tags: ['county', 'township', 'site'],
    fields: {
      state: text(`one of ${SITE_STATES.join(', ')}`),
      level: number('', `its position: ${SITE_STATES.map((state, i) => `${i} ${state}`).join(', ')}`),
      probability: number('', 'that the site has been reopened'),
      independentKinds: number('', 'kinds of sensor with evidence of different causes; an order needs two'),
      orderGrade: flag('the evidence may ground a cut-off'),
      late: flag('rests on late evidence: never the ground of an order'),
      number: number('', 'number of the finding'),
      ...reasons,
    },
  },
  afterCut: {
    what: 'what goes on at a site whose power was cut, or whose meter shows nothing while machines work',
    when: 'when it is found, at the time of measurement',
    policy: 'facts',
    tags: ['county', 'township', 'site'],
    fields: {
      fact: text('`generator`, `self-reconnection`, `borrowed-supply` or `re-supply`'),
      probability: number('', 'that it is so'),
      sinceMs: number('ms', 'since when'),
      afterCut: flag('an order had cut the power'),
      late: flag('rests on late evidence'),
      number: number('', 'number of the finding'),
      ...reasons,
    },
  },
} as const satisfies Record<string, Measurement>

const ORDERS = {
  order: {
    what: 'a step in the life of a cut-off order',
    when: 'at each line of its story, at that time',
    policy: 'facts',
    tags: ['county', 'township', 'site', 'supplier', 'orderState'],
    fields: {
      order: text('id of the order: `/orders/ORDER`'),
      sequence: number('', 'number of the order'),
      what: text('the line of the story: the state that it came to, or what happened meanwhile'),
      sinceDraftS: number('s', 'from the draft to this line'),
      sinceIssueS: number('s', 'from the issue to this line; absent before'),
      remainingS: number('s', 'from this line to the end of validity; negative: past it'),
    },
  },
  orders: {
    what: 'the orders of a county with one power company, counted by the state they are in',
    when: EACH_MINUTE,
    policy: 'raw',
    tags: ['county', 'supplier'],
    fields: {
      ...each(ORDER_STATES, (state) => level('', `orders that are ${state}`)),
      open: level('', 'orders that have not ended'),
      longestWaitS: level('s', 'since the issue of the oldest order that the power company has not answered; 0: none'),
      leastRemainingS: level('s', 'to the end of validity of the open order that ends first; absent without one'),
    },
  },
} as const satisfies Record<string, Measurement>

const PLACES = {
  county: {
    what: 'a county at a glance',
    when: EACH_MINUTE,
    policy: 'raw',
    tags: ['county'],
    fields: {
      sites: level('', 'sites that are watched'),
      ...each(SITE_STATES, (state) => level('', `sites that are ${state}`)),
      gateways: level('', 'gateways'),
      gatewaysOnline: level('', 'gateways that are connected'),
      sensors: level('', 'sensors'),
      sensorsOnline: level('', 'sensors whose gateway says that they are there'),
      sensorsTroubled: level('', 'sensors that are away or not ok'),
      sitesSilent: level('', 'sites of which no sensor is heard'),
      openOrders: level('', 'orders that have not ended'),
    },
  },
  site: {
    what: 'a site as it stands',
    when: `${EACH_MINUTE} and at each change`,
    policy: 'raw',
    tags: ['county', 'township', 'site'],
    fields: {
      name: text('its name'),
      latitude: number('deg', 'of its position'),
      longitude: number('deg', 'of its position'),
      state: text(`one of ${SITE_STATES.join(', ')}`),
      level: {
        ...level('', `its position: ${SITE_STATES.map((state, i) => `${i} ${state}`).join(', ')}`),
        downsample: ['max'],
      },
      probability: level('', 'that the site has been reopened'),
      sinceMs: number('ms', 'since when it is in this state; absent: always'),
      gateways: number('', 'its gateways'),
      gatewaysOnline: level('', 'of them connected'),
      sensors: number('', 'its sensors'),
      sensorsOnline: level('', 'of them there'),
      sensorsTroubled: level('', 'of them away or not ok'),
      silentS: level('s', 'since the newest reading of any of its sensors; absent: there was none'),
      silence: text('why not everything is heard, sensor by sensor; empty: all is well'),
      permitted: flag('lawful work is permitted at this time'),
      permit: text('for what; empty: none'),
      openOrders: number('', 'its orders that have not ended'),
    },
  },
  gateway: {
    what: 'a gateway as the fleet manager sees it; what it measures of itself is in `health`',
    when: `${EACH_MINUTE}, and when it comes or goes`,
    policy: 'raw',
    tags: ['county', 'township', 'site', 'gateway'],
    fields: {
      online: { ...flag('it is connected'), downsample: ['mean', 'min'] },
      sinceMs: number('ms', 'since when it is or is not'),
      silentS: level('s', 'since its newest reading; absent: there was none'),
      delayS: level('s', 'from measurement to commit of its newest live reading'),
      sensors: number('', 'its sensors'),
      sensorsOnline: level('', 'of them there'),
      spoolFill: level('', 'share of its store that waits for acknowledgement, as it said last'),
      timeToFullS: level('s', 'until its store is full at the pace of the last hour; absent: it is not filling'),
      clockQuality: level('', 'of its newest reading: 0 unsynchronised, 1 holdover, 2 ntp, 3 gnss'),
      clockErrorMs: level('ms', "bound of its clock's error, as it said last"),
      version: text('the version of the product that it runs; absent: it has not said'),
      certificateDaysLeft: level('d', 'until its certificate expires; absent: it has none'),
    },
  },
  probes: {
    what: 'how many camera probes are online, over everything, a county, a township or a kind of area',
    when: EACH_MINUTE,
    policy: 'raw',
    tags: ['scope', 'code'],
    fields: {
      total: level('', 'registered probes'),
      onlinePercent: level('%', 'of them online; absent without probes'),
      ...each(KNOWN_STATUSES, (status) => level('', `probes that are ${status}`)),
    },
  },
  appliance: {
    what: 'the loads that are recognised behind a meter',
    when: EACH_MINUTE,
    policy: 'raw',
    tags: ['county', 'township', 'site', 'gateway', 'sensor'],
    fields: {
      running: text('those that run, by name'),
      runningCount: level('', 'how many run'),
      runningW: level('W', 'what they draw together'),
      baseW: level('W', 'what is always drawn'),
    },
  },
} as const satisfies Record<string, Measurement>

const ALARMS = {
  alarm: {
    what: 'a step in the life of an alarm (ISA-18.2)',
    when: 'when it is taken',
    policy: 'facts',
    tags: ['county', 'township', 'site'],
    fields: {
      alarm: text('id of the alarm'),
      code: text('what it is of'),
      priority: text('how urgent it is'),
      state: text(
        'active-unacknowledged, acknowledged, returned-unacknowledged, shelved, suppressed, out-of-service, cleared',
      ),
      by: text('who took the step; `system` by itself'),
      reason: text('why'),
      sinceRaiseS: number('s', 'from the raising to this step'),
    },
  },
  alarms: {
    what: 'the load of alarms on the people of a county',
    when: EACH_MINUTE,
    policy: 'raw',
    tags: ['county'],
    fields: {
      raisedIn10Min: level('', 'raised within the last ten minutes; more than ten are a flood'),
      standing: level('', 'not cleared'),
      unacknowledged: level('', 'that nobody has acknowledged'),
      shelved: level('', 'shelved'),
      stale: level('', 'standing for more than a day'),
      longestUnacknowledgedS: level('s', 'how long the oldest waits for a person; 0: none'),
    },
  },
} as const satisfies Record<string, Measurement>

const OWN = {
  fleetManager: {
    what: 'the fleet manager itself',
    when: EACH_MINUTE,
    policy: 'raw',
    tags: ['host'],
    fields: {
      ...each(Object.keys(emptyCounts()) as (keyof ReturnType<typeof emptyCounts>)[], (name) =>
        counter('', `\`${name}\` of the ingest since the start`),
      ),
      rowsPerS: level('/s', 'rows committed, over the last minute'),
      detectionLagRows: level('', 'rows that wait for detection'),
      historyLagRows: level('', 'rows that wait for the history'),
      probesLagRows: level('', 'rows that wait for the board of probes'),
      pointsWritten: counter('', 'points that the history took since the start'),
      pointsRefused: counter('', 'points that it will never take: a type in conflict, too many series'),
      writeFailures: counter('', 'writes that were tried again'),
      rewrittenWindows: counter('', 'downsampled windows computed again for late points'),
      rssBytes: level('By', 'memory, resident'),
      heapBytes: level('By', 'memory of JavaScript objects'),
      cpuShare: level('', 'of one core, over the last minute'),
      loopDelayP99Ms: level('ms', '99th percentile of how late the event loop was, over the last minute'),
      diskFreeBytes: level('By', 'free where its data lies'),
      gateways: level('', 'gateways configured'),
      gatewaysOnline: level('', 'gateways connected'),
      sites: level('', 'sites configured'),
      uptimeS: number('s', 'since the start'),
      version: text('the version of the product'),
    },
  },
} as const satisfies Record<string, Measurement>

export const FLEET_MEASUREMENTS = { ...FINDINGS, ...ORDERS, ...PLACES, ...ALARMS, ...OWN } as const
export type FleetMeasurement = keyof typeof FLEET_MEASUREMENTS
