using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tarn;

/// <summary>Sessions of the console: a key is given once, and a cookie that no script can read stands for it until it ends.</summary>
internal static class SessionApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/session").WithTags("session");
        group.MapGet("/", static IResult (HttpContext http, SecurityPlan plan, Callers callers, TimeProvider time) => Caller.Of(http) is { } caller
                ? TypedResults.Ok(Of(plan, caller, callers.SessionOf(Presented.Of(http.Request), time.GetUtcNow())?.ExpiresAt ?? caller.Key?.Key.ExpiresAt))
                : new ProblemResult(Refusals.Unknown(null, http.Request.Path)))
            .WithSummary("Who one is, and what one may.").Produces<SessionView>().ProducesProblem(StatusCodes.Status401Unauthorized);
        group.MapPost("/", BeginAsync)
            .WithSummary("Begins a session by a key, in the body or in a header; the answer sets its cookie.")
            .Produces<SessionView>().ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status429TooManyRequests);
        group.MapDelete("/", EndAsync).WithSummary("Ends the session of the request's cookie.").Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> BeginAsync(HttpContext http, SessionBody? body, SecurityPlan plan, Callers callers, Sessions sessions, AuditLog audit, RefusalTally refusals, TimeProvider time)
    {
        if (!plan.IsRequired)
        {
            return TypedResults.Ok(Of(plan, Caller.Anybody, null));
        }

        var now = time.GetUtcNow();
        var presented = body?.Key is { Length: > 0 } key ? Presented.OfText(key.Trim(), 0) : Presented.Of(http.Request);
        var found = presented.Kind is PresentedKind.Key ? await callers.FindAsync(presented, now) : (null, "A session begins with a key of Tarn (tarn_…).");
        if (found.Caller is not { Key: { Meter: { } meter } entry } caller)
        {
            var problem = Refusals.Unknown(found.Reason ?? "A session begins with a key that was made, not with this machine's own.", http.Request.Path);
            refusals.Count(AuditEntry.Of(http, null, now, problem.Status, problem.Rule));
            Refusals.Challenge(http.Response, wasPresented: true);
            return new ProblemResult(problem);
        }

        if (meter.Take(entry.Key, now, out var wait) is { } limit)
        {
            return new ProblemResult(Refusals.Limited(limit, entry.Key, Refusals.RetryAfter(http.Response, wait), http.Request.Path));
        }

        var (cookie, end) = await sessions.BeginAsync(entry, http.Connection.RemoteIpAddress?.ToString() ?? "", http.RequestAborted);
        http.Response.Cookies.Append(Presented.Cookie, cookie, Options(http, end));
        http.Response.Headers.CacheControl = "no-store";
        await audit.AddAsync(AuditEntry.Of(http, caller, now, StatusCodes.Status200OK, null));
        return TypedResults.Ok(Of(plan, entry.BySession, end));
    }

    private static async Task<IResult> EndAsync(HttpContext http, Callers callers, Sessions sessions, AuditLog audit, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var presented = Presented.Of(http.Request);
        if (callers.SessionOf(presented, now) is { } session)
        {
            await sessions.EndAsync(presented.Span.ToString(), http.RequestAborted);
            await audit.AddAsync(AuditEntry.Of(http, session.Key.BySession, now, StatusCodes.Status204NoContent, null));
        }

        http.Response.Cookies.Delete(Presented.Cookie, Options(http, null));
        return TypedResults.NoContent();
    }

    private static CookieOptions Options(HttpContext http, DateTimeOffset? end) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        Path = "/",
        Expires = end,
        IsEssential = true,
    };

    private static SessionView Of(SecurityPlan plan, Caller caller, DateTimeOffset? end) => new(
        plan.IsRequired ? "required" : "none",
        caller.Subject,
        caller.Name,
        AccessNames.Of(caller.Role),
        caller.Kind.ToString().ToLowerInvariant(),
        caller.Key?.Key.Endpoints ?? [],
        [.. (caller.Key?.Key.Verbs ?? []).Select(AccessNames.Of)],
        end);
}

/// <summary>A problem as the answer of a route.</summary>
internal sealed class ProblemResult(ProblemView problem) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => Problems.WriteAsync(httpContext, problem);
}
