/* A Modbus meter by libmodbus: `modbus-server rtu PATH UNIT` or `modbus-server tcp PORT UNIT`; registers as lines
 * "ADDRESS WORD" on standard input, holding and input alike, up to a line "go". */
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTERS 0x5000

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int is_tcp = strcmp(argv[1], "tcp") == 0;
  modbus_t *server = is_tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[2], 19200, 'N', 8, 1);
  modbus_set_slave(server, atoi(argv[3]));
  modbus_mapping_t *map = modbus_mapping_new(0, 0, REGISTERS, REGISTERS);
  char line[64];
  while (fgets(line, sizeof line, stdin) && strncmp(line, "go", 2) != 0) {
    unsigned address, word;
    if (sscanf(line, "%u %u", &address, &word) == 2 && address < REGISTERS)
      map->tab_registers[address] = map->tab_input_registers[address] = (uint16_t)word;
  }
  int listening = is_tcp ? modbus_tcp_listen(server, 1) : -1;
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (is_tcp ? modbus_tcp_accept(server, &listening) < 0 : modbus_connect(server) < 0) return 1;
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    for (;;) {
      int length = modbus_receive(server, query);
      if (length > 0) modbus_reply(server, query, length, map);
      else if (length < 0 && is_tcp) break;
    }
    modbus_close(server);
  }
}
