# WAMR fetches simde from the network unless it is told where the headers are.
if(EXISTS "/usr/include/simde/wasm/simd128.h")
  set(FETCHCONTENT_SOURCE_DIR_SIMDE "/usr/include" CACHE PATH "directory that holds simde/")
endif()
