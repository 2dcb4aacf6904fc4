// libcurl, loaded by the first download rather than with the program: it brings some thirty libraries, which take longer to
// load than the tool takes for a picture. Only `Downloads` imports this module.
#ifndef FINETUNE_LAZY_CURL_H
#define FINETUNE_LAZY_CURL_H

// Loads libcurl, where that is this module's affair. NULL, or what is wrong, for good. Call it before any session is made:
// Foundation does not expect libcurl to fail.
const char *ft_curl_problem(void);

#endif
