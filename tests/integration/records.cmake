add_executable(record_golden record_golden.c)
target_link_libraries(record_golden PRIVATE cw_record m)
set_target_properties(record_golden PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME records.golden COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/records_golden.py
    $<TARGET_FILE:record_golden> ${PROJECT_SOURCE_DIR}/schemas/avro)
  set_tests_properties(records.golden PROPERTIES LABELS integration SKIP_RETURN_CODE 77 TIMEOUT 120)
endif()
