using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Serving;

namespace Tarn;

/// <summary>Errors as problem details.</summary>
internal static partial class Problems
{
    public static ProblemView Of(TarnException exception, string? instance)
    {
        var status = StatusOf(exception.Kind);
        return new ProblemView("about:blank", TitleOf(status), status, exception.Message, instance, exception.Rule, exception.Value, exception.Remedy);
    }

    public static ProblemView Of(int status, string rule, string? value, string? remedy, string? instance) =>
        new("about:blank", TitleOf(status), status, remedy is null ? rule : $"{rule} {remedy}", instance, rule, value, remedy);

    /// <summary>What the framework found wrong with a request: names the parameter where it says which.</summary>
    public static ProblemView Of(BadHttpRequestException exception, string? instance)
    {
        if (Unbound().Match(exception.Message) is { Success: true } unbound)
        {
            return Unreadable(unbound.Groups["name"].Value, KindOf(unbound.Groups["type"].Value), unbound.Groups["value"].Value, instance);
        }

        if (Missing().Match(exception.Message) is { Success: true } missing)
        {
            var name = missing.Groups["name"].Value;
            return Of(400, $"{name} has to be given.", null, $"Add {name} to the request.", instance);
        }

        if (exception.InnerException is JsonException json)
        {
            var where = json.Path is { Length: > 1 } path ? $" at {path}" : "";
            return Of(400, $"The body is JSON of the documented form{where}: {Sentence(json.Message)}", null, "See /openapi/v1.json for the form.", instance);
        }

        return exception.StatusCode switch
        {
            413 => Of(413, Sentence(exception.Message), null, "Send it in parts, or have Security:MaxBodyBytes, MaxPredictionBytes or MaxUploadBytes raised.", instance) with { Type = Refusals.TooLarge },
            415 => Of(415, "The body is JSON, and its Content-Type says so.", null, "Send Content-Type: application/json.", instance),
            _ => Of(exception.StatusCode, Sentence(exception.Message), null, "See /openapi/v1.json for the form.", instance),
        };
    }

    /// <summary>A parameter whose text does not read as its type.</summary>
    public static ProblemView Unreadable(string name, Type type, string value, string? instance) =>
        Unreadable(name, KindOf((Nullable.GetUnderlyingType(type) ?? type).Name), value, instance);

    /// <summary>Answers a request with a problem; a gRPC call with the status that stands for it.</summary>
    public static async Task WriteAsync(HttpContext http, ProblemView problem)
    {
        if (ServingGrpc.IsCall(http.Request))
        {
            await ServingGrpc.RefuseAsync(http, problem.Status, problem.Detail ?? problem.Title).ConfigureAwait(false);
            return;
        }

        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = ProblemView.MediaType;
        await JsonSerializer.SerializeAsync(http.Response.Body, problem, ApiJson.Plain.ProblemView, http.RequestAborted).ConfigureAwait(false);
    }

    public static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidInput => 400,
        ErrorKind.NotFound => 404,
        ErrorKind.Conflict => 409,
        ErrorKind.Unsupported => 501,
        ErrorKind.Unavailable => 503,
        _ => 500,
    };

    private static string TitleOf(int status) => status switch
    {
        400 => "Bad request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Conflict",
        413 => "Too large",
        415 => "Unsupported media type",
        421 => "Misdirected request",
        429 => "Too many requests",
        501 => "Not supported",
        503 => "Not available",
        _ => "Error",
    };

    private static ProblemView Unreadable(string name, string kind, string value, string? instance) =>
        Of(400, $"{name} is {kind}.", $"{name}={value}", $"Correct {name}, or leave it away where it is optional.", instance);

    private static string KindOf(string type) => type.Replace("Nullable<", "", StringComparison.Ordinal).TrimEnd('>', '?') switch
    {
        "int" or "long" or "Int32" or "Int64" => "a whole number",
        "double" or "Double" => "a number",
        "bool" or "Boolean" => "true or false",
        "DateTimeOffset" => "a point in time, ISO 8601",
        var other => $"of type {other}",
    };

    // The place within the bytes is noise for a person.
    private static string Sentence(string message)
    {
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        var text = end > 0 ? message[..end] : message;
        return text.EndsWith('.') ? text : text + ".";
    }

    [GeneratedRegex("""Failed to bind parameter "(?<type>[^" ]+) (?<name>[^"]+)" from "(?<value>.*)"\.""", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Unbound();

    [GeneratedRegex("""Required parameter "(?<type>[^" ]+) (?<name>[^"]+)" was not provided""", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();
}
