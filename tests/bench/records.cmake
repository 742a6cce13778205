add_executable(record_bench record_bench.c)
target_link_libraries(record_bench PRIVATE cw_record m)
