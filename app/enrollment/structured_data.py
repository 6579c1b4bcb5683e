"""What the course page tells search engines about itself. Every word here stands on the page too."""

from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.hub.models import Question
from app.json_ld import Thing, breadcrumbs, faq_page, organization
from app.urls import absolute_url


def of_course(course: Course, questions: list[Question]) -> list[Thing]:
    url, publisher = absolute_url("enrollment.show_course"), organization()
    thing: Thing = {
        "@type": "Course",
        "name": course.title,
        "description": course.description,
        "url": url,
        "inLanguage": "en-US",
        "provider": {"@id": publisher["@id"]},
        "offers": [_offer(course, cohort) for cohort in course.cohorts_announced],
        "hasCourseInstance": [_instance(cohort) for cohort in course.cohorts_announced],
        "syllabusSections": [
            {"@type": "Syllabus", "name": module.title, "description": module.summary} for module in course.modules
        ],
    }
    asked = faq_page(url, (question.as_asked for question in questions))
    return [publisher, thing, *asked, breadcrumbs((course.title, url))]


def _offer(course: Course, cohort: Cohort) -> Thing:
    offer: Thing = {
        "@type": "Offer",
        "name": cohort.name,
        "category": "Paid" if cohort.price_now_cents else "Free",
        "price": f"{cohort.price_now_cents / 100:.2f}",
        "priceCurrency": course.currency.upper(),
        "availability": f"https://schema.org/{_availability(cohort)}",
        "url": absolute_url("enrollment.show_course"),
    }
    if cohort.is_early and cohort.early_until:
        offer["priceValidUntil"] = cohort.early_until.isoformat()
    if cohort.opens_on:
        offer["availabilityStarts"] = cohort.opens_on.isoformat()
    if cohort.last_sales_day:
        offer["availabilityEnds"] = cohort.last_sales_day.isoformat()
    return offer


def _availability(cohort: Cohort) -> str:
    if cohort.is_full:
        return "SoldOut"
    return "PreSale" if cohort.opens_on else "InStock"


def _instance(cohort: Cohort) -> Thing:
    instance: Thing = {
        "@type": "CourseInstance",
        "name": cohort.name,
        "courseMode": "Online",
    }
    if cohort.starts_on and cohort.ends_on:
        instance |= {"startDate": cohort.starts_on.isoformat(), "endDate": cohort.ends_on.isoformat()}
    if cohort.seats is not None:
        instance |= {"maximumAttendeeCapacity": cohort.seats, "remainingAttendeeCapacity": cohort.seats_left}
    if minutes := next(filter(None, cohort.planned_minutes.values()), None):
        instance["courseWorkload"] = f"PT{minutes}M"
    return instance
