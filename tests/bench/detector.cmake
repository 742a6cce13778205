foreach(claim detector_bench detector_gen)
  add_executable(${claim} ${claim}.c)
  target_link_libraries(${claim} PRIVATE detector_core m)
endforeach()
