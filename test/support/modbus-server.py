"""A Modbus meter by pymodbus, a server that shares no code with ours: `modbus-server.py rtu PORT|tcp PORT REGISTERS.json`.

A line of JSON on its standard input, `[unit, first address, [words]]`, changes registers while it runs, all at once.
"""
import json
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer


def slave(registers):
    """Only the registers that are given are there; a question for others is refused."""
    first = min(int(address) for address in registers)
    last = max(int(address) for address in registers)
    words = [registers.get(str(address), 0) for address in range(first, last + 1)]
    return ModbusSlaveContext(
        hr=ModbusSequentialDataBlock(first, words), ir=ModbusSequentialDataBlock(first, words), zero_mode=True
    )


kind, port, units = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
context = ModbusServerContext(slaves={int(unit): slave(registers) for unit, registers in units.items()}, single=False)


def follow():
    for line in sys.stdin:
        unit, address, words = json.loads(line)
        for function_code in (3, 4):
            context[unit].setValues(function_code, address, words)


threading.Thread(target=follow, daemon=True).start()
print("ready", flush=True)
if kind == "tcp":
    StartTcpServer(context=context, address=("127.0.0.1", int(port)))
else:
    StartSerialServer(
        context=context, framer=ModbusRtuFramer, port=port, baudrate=19200, timeout=0.02, ignore_missing_slaves=True
    )
