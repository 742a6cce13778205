# The command line over files: replay decides the same however it is run; and no two services share a symbol in it.
if(TARGET cwctl AND Python3_FOUND)
  add_test(NAME replay.claims COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/replay_test.py $<TARGET_FILE:cwctl>)
  set_tests_properties(replay.claims PROPERTIES LABELS integration TIMEOUT 300)
endif()
if(TARGET cwctl)
  add_test(NAME replay.symbols COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/replay_symbols.sh
    $<TARGET_FILE:cwctl_core> $<TARGET_FILE:normalizer_core> $<TARGET_FILE:detector_core> $<TARGET_FILE:logcluster_core>
    $<TARGET_FILE:correlator_core> $<TARGET_FILE:ranker_core> $<TARGET_FILE:remediator_core> $<TARGET_FILE:cw_stream> $<TARGET_FILE:cw_core>)
  set_tests_properties(replay.symbols PROPERTIES LABELS integration TIMEOUT 60)
endif()
