# What scripts say while the person waits.

script-copied = Copied
script-copy-by-hand = Press Ctrl+C
script-unreachable = The server cannot be reached. Check your connection and try again.
script-busy = Too many tries came from your address. Wait a moment and try again.
script-our-fault = Something went wrong on our side. Try again in a moment.
script-took-too-long = That took too long. Try again when you have your device at hand.
script-none-made = Your browser made no passkey. Nothing changed. Set up your device's screen lock or your security key's PIN, or use another one, and try again.
script-none-of-yours = None of your passkeys was found here. Use your phone or a security key that has one.
script-none-here = No passkey for this site was found here. Use your phone or a security key, or one of the other ways below.
script-closed = You closed the prompt. Nothing changed; you can try again.
script-aborted = The prompt was closed. Nothing changed; you can try again.
script-other-prompt = Your browser still shows another prompt for a passkey. Close that one and try again.
script-already-here = This device or password manager already has a passkey for you. Use another one, or go back to your passkeys.
script-cannot-keep = This device cannot keep passkeys. Set up its screen lock or PIN, or use another one.
script-not-at-this-address = Your browser allows no passkeys at this address. Tell your administrator.
script-cannot-use = The browser could not use a passkey. Try again, or use another browser.
# The code follows.
script-help-code = If you need help, tell your administrator this code:
script-wrong-address = This page is open under an unexpected address, so passkeys do not work on it. Open it at { $address }.
script-insecure = This page was opened without encryption, so the browser cannot use passkeys here. Open it with https:// in front, or tell your administrator.
script-in-app = This is the browser inside another app, which cannot use passkeys here. Open the page in your usual browser, or sign in with another device.
script-no-passkeys = This browser cannot use passkeys here. Open the page in your usual browser, or sign in with another device.
script-signing-in = Signing you in …
script-browser-asks = Your browser asks you now.
script-keeping = Keeping your passkey …
script-going-on = Going on …
