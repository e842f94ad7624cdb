using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tarn.Serving;

namespace Tarn;

/// <summary>
/// Stands before every API: who calls, whether they may (<see cref="AccessRules"/>), how often, and how large the body is; and writes down what changes something. A request that is let
/// through with a key makes no garbage here.
/// </summary>
internal sealed class SecurityGate(RequestDelegate next, SecurityPlan plan, Callers callers, AuditLog audit, RefusalTally refusals, TimeProvider time)
{
    private const long SmallBytes = 64 << 10;

    private readonly bool _isRequired = plan.IsRequired;

    public Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (!_isRequired && AccessRules.IsSafe(request.Method))
        {
            Caller.Anybody.PutOn(http);
            return next(http);
        }

        var rule = AccessRules.Find(request.Method, request.Path.Value, out var endpoint);
        if (LimitBody(http, rule) is { } tooLarge)
        {
            return Refusals.AnswerAsync(http, tooLarge);
        }

        if (!_isRequired)
        {
            return GoOn(http, rule, Caller.Anybody);
        }

        if (rule.IsOpen)
        {
            return next(http);
        }

        var now = time.GetUtcNow();
        var presented = Presented.Of(request);
        var found = callers.FindAsync(presented, now);
        return found.IsCompletedSuccessfully
            ? Decide(http, rule, endpoint, found.Result, presented.Kind != PresentedKind.Nothing, now)
            : DecideAsync(http, rule, endpoint, found, now);
    }

    private async Task DecideAsync(HttpContext http, AccessRule rule, Range endpoint, ValueTask<(Caller? Caller, string? Reason)> found, DateTimeOffset now) =>
        await Decide(http, rule, endpoint, await found.ConfigureAwait(false), wasPresented: true, now).ConfigureAwait(false);

    private Task Decide(HttpContext http, AccessRule rule, Range endpoint, (Caller? Caller, string? Reason) found, bool wasPresented, DateTimeOffset now)
    {
        if (found.Caller is not { } caller)
        {
            var unknown = Refusals.Unknown(found.Reason, http.Request.Path);
            refusals.Count(AuditEntry.Of(http, null, now, 401, unknown.Rule));
            Refusals.Challenge(http.Response, wasPresented);
            return Refusals.AnswerAsync(http, unknown);
        }

        if (KeyScope.Lacks(caller, rule, http.Request.Path.Value.AsSpan()[endpoint]) is { } lack)
        {
            refusals.Count(AuditEntry.Of(http, caller, now, 403, lack));
            return Refusals.AnswerAsync(http, Refusals.NotAllowed(lack, rule, http.Request.Path));
        }

        if (caller.Key is { Meter: { } meter } key && meter.Take(key.Key, now, out var wait) is { } limit)
        {
            var limited = Refusals.Limited(limit, key.Key, Refusals.RetryAfter(http.Response, wait), http.Request.Path);
            refusals.Count(AuditEntry.Of(http, caller, now, 429, limited.Rule));
            return Refusals.AnswerAsync(http, limited);
        }

        return GoOn(http, rule, caller);
    }

    private Task GoOn(HttpContext http, AccessRule rule, Caller caller)
    {
        caller.PutOn(http);
        return rule is { Kind: RequestKind.Change or RequestKind.Feedback, IsOpen: false } ? AuditAsync(http, caller) : next(http);
    }

    private async Task AuditAsync(HttpContext http, Caller caller)
    {
        var method = http.Request.Method;
        var path = http.Request.Path.Value ?? "";
        var at = time.GetUtcNow();
        var status = StatusCodes.Status500InternalServerError;
        try
        {
            await next(http).ConfigureAwait(false);
            status = http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted ? StatusCodes.Status499ClientClosedRequest
                : ServingGrpc.IsCall(http.Request) ? ServingGrpc.HttpStatusOf(http.Response)
                : http.Response.StatusCode;
        }
        finally
        {
            await audit.AddAsync(AuditEntry.Of(http, caller, at, status, null) with { Method = method, Path = AuditEntry.Short(path) }).ConfigureAwait(false);
        }
    }

    private ProblemView? LimitBody(HttpContext http, AccessRule rule)
    {
        var most = rule.Body switch
        {
            BodyClass.Prediction => plan.Options.MaxPredictionBytes,
            BodyClass.Upload => plan.Options.MaxUploadBytes,
            BodyClass.Small => SmallBytes,
            _ => plan.Options.MaxBodyBytes,
        };
        if (http.Request.ContentLength is { } length && length > most)
        {
            // The server does not read what is over its limit, so that this connection can carry no other request; a client that is not told sends one, and gets no answer.
            http.Response.Headers.Connection = "close";
            return Refusals.Large(most, length, http.Request.Path);
        }

        if (rule.Body != BodyClass.Usual && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most;
        }

        return null;
    }
}
