import type { Board } from '../board.ts'
import { COUNTY } from './county.ts'
import { EVENT } from './event.ts'
import { FLEET_MANAGER } from './fleet-manager.ts'
import { GATEWAYS } from './gateways.ts'
import { MONTHS } from './months.ts'
import { ORDERS } from './orders.ts'
import { PROBES } from './probes.ts'
import { SITE } from './site.ts'

/** In the order in which they stand in every dashboard's links. */
export const BOARDS: readonly Board[] = [COUNTY, SITE, EVENT, ORDERS, PROBES, GATEWAYS, FLEET_MANAGER, MONTHS]
