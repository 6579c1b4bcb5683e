"""Mail as it comes back, in the manner of the mail systems that write it. All words and names are our own."""

LETTER = """\
Return-Path: <{envelope}>
From: "The Developing Doctor" <hello@doctor.example.org>
To: ada@example.org
Subject: One idea
Message-ID: <x.1@doctor.example.org>
List-Unsubscribe: <http://localhost:8000/newsletter/unsubscribe/x>, <mailto:{way_out}?subject=unsubscribe>
"""

POSTFIX = """\
Return-Path: <>
Delivered-To: {envelope}
From: MAILER-DAEMON@mx.doctor.example.org (Mail Delivery System)
To: {envelope}
Subject: Undelivered Mail Returned to Sender
Date: Tue, 24 Nov 2026 09:00:00 +0000 (UTC)
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.doctor.example.org. Your message came no further.

<{address}>: host mx.example.org[192.0.2.5] said: {diagnostic} (in reply to {stage} command)

--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.doctor.example.org
X-Postfix-Queue-ID: 4B5D6
X-Postfix-Sender: rfc822; {envelope}

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; {diagnostic}

--B
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{letter}
--B--
"""

EXCHANGE = """\
From: Microsoft Outlook <postmaster@mail.example.org>
To: <{envelope}>
Subject: Undeliverable: One idea
Date: Tue, 24 Nov 2026 09:00:00 +0000
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: multipart/alternative; boundary="C"

--C
Content-Type: text/plain; charset="us-ascii"

Nobody is known by that name here. Remote server returned '{status} {diagnostic}'

--C
Content-Type: text/html; charset="us-ascii"

<p>Nobody is known by that name here.</p>

--C--

--B
Content-Type: message/delivery-status

Reporting-MTA: dns;mail.example.org
Received-From-MTA: dns;mx.doctor.example.org

Final-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp;{diagnostic}

--B
Content-Type: message/rfc822

{letter}
Letter.
--B--
"""

GMAIL = """\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {envelope}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
X-Failed-Recipients: {address}
Date: Tue, 24 Nov 2026 01:00:00 -0800 (PST)
Content-Type: multipart/report; boundary="B"; report-type=delivery-status

--B
Content-Type: text/plain; charset="UTF-8"

** Your message could not be brought to {address} **

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Tue, 24 Nov 2026 00:59:59 -0800 (PST)

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}
Last-Attempt-Date: Tue, 24 Nov 2026 01:00:00 -0800 (PST)

--B
Content-Type: message/rfc822

{letter}
Letter.
--B--
"""

QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.org
To: {envelope}
Subject: failure notice
Date: 24 Nov 2026 09:00:00 -0000

Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{address}>:
{diagnostic}

--- Below this line is a copy of the message.

{letter}
Letter.
"""

COMPLAINT = """\
Return-Path: <>
From: <feedback@provider.example>
To: {envelope}
Subject: FW: One idea
Date: Tue, 24 Nov 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain; charset="US-ASCII"

A reader of ours asks not to get this.

--B
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: ProviderFBL/1.0
Version: 1
Original-Mail-From: <{envelope}>

--B
Content-Type: message/rfc822

{letter}
Letter.
--B--
"""

# What qmail says, when somebody only passes it on.
QUOTED = """\
Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{address}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{letter}
"""

# Exim before it wrote reports, and still where it is told not to.
EXIM = """\
Return-Path: <>
Envelope-To: {envelope}
X-Failed-Recipients: {address}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example.org>
To: {envelope}
Subject: Mail delivery failed: returning message to sender
Date: Tue, 24 Nov 2026 09:00:00 +0000

What you sent could not be brought to one of its recipients, and that is for good.

  {address}
    host mx.example.org [192.0.2.5]
    SMTP error from remote mail server after RCPT TO:<{address}>:
    {diagnostic}

------ This is a copy of the message's headers. ------

{letter}
"""

AWAY = (
    """\
Return-Path: <>
From: Ada <ada@example.org>
To: {envelope}
Subject: Automatic reply: One idea
Auto-Submitted: auto-replied
Date: Tue, 24 Nov 2026 09:00:00 +0000

I am away until Monday, and so is my colleague: what you send him comes back like this.

"""
    + QUOTED
)

REPLY = (
    """\
Return-Path: <ada@example.org>
From: Ada <ada@example.org>
To: {envelope}
Subject: Re: One idea
Date: Tue, 24 Nov 2026 09:00:00 +0000

Dear Doctor, a friend of mine got this when she wrote to me. What does it mean?

"""
    + QUOTED
)

LEAVING = """\
Return-Path: <ada@example.org>
From: Ada <ada@example.org>
To: {way_out}
Subject: unsubscribe
Date: Tue, 24 Nov 2026 09:00:00 +0000

"""

USUAL = {
    "address": "ada@example.org",
    "action": "failed",
    "status": "5.1.1",
    "diagnostic": "550 5.1.1 <ada@example.org>: User unknown",
    "stage": "RCPT TO",
    "feedback": "abuse",
    "envelope": "hello@doctor.example.org",
    "way_out": "hello@doctor.example.org",
}


def mail(template: str, **fields: str) -> bytes:
    """The template filled in, its letter too, as bytes. Give letter="" for a mail that returns nothing of it."""
    fields = USUAL | fields
    letter = fields.pop("letter", LETTER.format(**fields))
    return template.format(letter=letter, **fields).encode()
