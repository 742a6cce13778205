add_executable(shop_load shop_load.c telemetry.c)
target_link_libraries(shop_load PRIVATE cw_base PkgConfig::RDKAFKA m)
add_executable(pass_through pass_through.c)
target_link_libraries(pass_through PRIVATE cw_stream)
