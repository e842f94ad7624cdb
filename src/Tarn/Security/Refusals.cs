using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Serving;

namespace Tarn;

/// <summary>The answers to who is not let through; their types are stable, for programs.</summary>
internal static class Refusals
{
    public const string Unauthenticated = "urn:tarn:unauthenticated";
    public const string Forbidden = "urn:tarn:forbidden";
    public const string RateLimited = "urn:tarn:rate-limited";
    public const string QuotaExceeded = "urn:tarn:quota-exceeded";
    public const string TooLarge = "urn:tarn:too-large";

    private const string HowToSay =
        "Send Authorization: Bearer tarn_… or X-Api-Key, or log in at the console; verbs of the command line take a key from TARN_API_KEY or --api-key. An admin makes one: tarn keys create NAME --role viewer.";

    public static ProblemView Unknown(string? reason, string? path) =>
        Problems.Of(401, reason ?? "Callers say here who they are, by a key, a token or a session.", null, HowToSay, path) with { Type = Unauthenticated };

    public static ProblemView NotAllowed(string lack, AccessRule rule, string? path) =>
        Problems.Of(403, lack, null, rule.Kind is RequestKind.Change or RequestKind.Read
            ? $"An admin makes a key that may: tarn keys create NAME --role {AccessNames.Of(rule.Least)}; for a token, its issuer gives the role."
            : $"An admin makes a key that may: tarn keys create NAME --role {AccessNames.Of(rule.Least)} --verb {AccessNames.Of(rule.Kind)}, for one endpoint with --endpoint E.", path) with
        { Type = Forbidden };

    public static ProblemView Limited(KeyLimit limit, ApiKey key, long seconds, string? path)
    {
        var again = string.Create(CultureInfo.InvariantCulture, $"Try again in {seconds} {(seconds == 1 ? "second" : "seconds")}, or have an admin make a key with more.");
        return limit == KeyLimit.Rate
            ? Problems.Of(429, string.Create(CultureInfo.InvariantCulture, $"The key {key.Name} makes at most {key.RatePerSecond} requests a second, {key.Burst} at once."), null, again, path) with { Type = RateLimited }
            : Problems.Of(429, string.Create(CultureInfo.InvariantCulture, $"The key {key.Name} makes at most {key.RequestsPerDay} requests a day (UTC)."), null, again, path) with { Type = QuotaExceeded };
    }

    public static ProblemView Large(long most, long given, string? path) =>
        Problems.Of(
            413,
            string.Create(CultureInfo.InvariantCulture, $"The body of such a request has at most {most} bytes."),
            given.ToString(CultureInfo.InvariantCulture),
            "Send it in parts, or have Security:MaxBodyBytes, MaxPredictionBytes or MaxUploadBytes raised.",
            path) with
        { Type = TooLarge };

    /// <summary>Answers who is not let through in the form that the path's clients read: that of its protocol, and elsewhere a problem document. Headers that are set stay.</summary>
    public static Task AnswerAsync(HttpContext http, ProblemView problem)
    {
        if (ServingGrpc.IsCall(http.Request))
        {
            return Problems.WriteAsync(http, problem);
        }

        var error = TarnException.InvalidInput(problem.Rule ?? problem.Title, problem.Value, problem.Remedy);
        return ServingErrors.RefuseAsync(http, problem.Status, error)
            ?? (MlflowApi.Owns(http.Request.Path) ? MlflowCall.FailAsync(http, MlflowFault.CodeOf(problem.Status), error.Message, problem.Status) : Problems.WriteAsync(http, problem));
    }

    /// <summary>Says in the answer's headers how one authenticates (RFC 6750).</summary>
    public static void Challenge(HttpResponse response, bool wasPresented) =>
        response.Headers.WWWAuthenticate = wasPresented ? "Bearer realm=\"tarn\", error=\"invalid_token\"" : "Bearer realm=\"tarn\"";

    /// <summary>Says in the answer's headers when to come again, in whole seconds.</summary>
    public static long RetryAfter(HttpResponse response, TimeSpan wait)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
        response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return seconds;
    }
}
