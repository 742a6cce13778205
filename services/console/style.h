/*
 * style - the console's one style sheet.
 *
 * Place    server, /style.css
 * Limits   light and dark by the reader's system; no picture, no font, no
 *          script from anywhere
 */
#ifndef CONSOLE_STYLE_H
#define CONSOLE_STYLE_H

extern const char console_style[];

#endif
