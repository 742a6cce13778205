/*
 * cwctl: the command line of people who run or try the engine.
 *
 * The data's path: the arguments are checked against one table (command.c,
 * commands.c); each noun has its file. Over files it drives the services' own
 * cores (replay.c, score.c, patterns.c, forecast.c); over Kafka it reads
 * topics and writes raw.commands, like everybody else.
 */
#include "command.h"

int main(int count, char **arguments)
{
    return command_main(count, arguments);
}
