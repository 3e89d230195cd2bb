// The subcommands. Each add_… declares one with its options and its action; the action sets the exit code if
// it is not 0, and throws rung::Error if something is wrong.
#pragma once

#include <CLI/CLI.hpp>

namespace rung::app {

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kTargetMissed = 3 };

void add_bench(CLI::App& app);
void add_climb(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app);
void add_data(CLI::App& app);
void add_data_check(CLI::App& data);
void add_data_import(CLI::App& data);
void add_data_list(CLI::App& data);
void add_eval(CLI::App& app);
void add_export(CLI::App& app);
void add_help(CLI::App& app);
void add_lr_find(CLI::App& app);
void add_new(CLI::App& app);
void add_predict(CLI::App& app, int& exit_code);
void add_playground(CLI::App& app);
void add_report(CLI::App& app);
void add_search(CLI::App& app);
void add_summary(CLI::App& app);
void add_sweep(CLI::App& app);
void add_train(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_watch(CLI::App& app);

}  // namespace rung::app
