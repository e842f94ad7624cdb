using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn;

/// <summary>Answers every error with a problem document: ours, the framework's, and an empty 404 or 405.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (TarnException exception) when (!http.Response.HasStarted)
        {
            var problem = Problems.Of(exception, http.Request.Path);
            if (problem.Status >= 500)
            {
                LogFailed(exception, http.Request.Method, http.Request.Path);
            }

            await AnswerAsync(http, problem).ConfigureAwait(false);
            return;
        }
        catch (BadHttpRequestException exception) when (!http.Response.HasStarted)
        {
            await AnswerAsync(http, Problems.Of(exception, http.Request.Path)).ConfigureAwait(false);
            return;
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            LogFailed(exception, http.Request.Method, http.Request.Path);
            await AnswerAsync(http, Problems.Of(500, "The server failed at this; its log has the details.", exception.GetType().Name, "Please report it.", http.Request.Path)).ConfigureAwait(false);
            return;
        }

        if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null or 0 })
        {
            await Problems.WriteAsync(http, OfEmpty(http)).ConfigureAwait(false);
        }
    }

    private static async Task AnswerAsync(HttpContext http, ProblemView problem)
    {
        http.Response.Clear();
        SecurityHeaders.Set(http.Response);
        await Problems.WriteAsync(http, problem).ConfigureAwait(false);
    }

    private static ProblemView OfEmpty(HttpContext http) => http.Response.StatusCode switch
    {
        400 when Unreadable(http) is { } parameter => Problems.Unreadable(parameter.Name, parameter.ParameterInfo.ParameterType, http.Request.Query[parameter.Name].ToString(), http.Request.Path),
        404 => Problems.Of(404, "There is nothing at this path.", http.Request.Path, "See /openapi/v1.json for the paths.", http.Request.Path),
        405 => Problems.Of(405, $"This path answers {http.Response.Headers.Allow}.", http.Request.Method, null, http.Request.Path),
        415 => Problems.Of(415, "The body is JSON, and its Content-Type says so.", http.Request.ContentType, "Send Content-Type: application/json.", http.Request.Path),
        var status => Problems.Of(status, string.Create(CultureInfo.InvariantCulture, $"The request was refused with status {status}."), null, null, http.Request.Path),
    };

    // Generated handlers answer an optional parameter that does not read with an empty 400, without saying which one it was.
    private static IParameterBindingMetadata? Unreadable(HttpContext http) => http.GetEndpoint()?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>()
        .FirstOrDefault(p => http.Request.Query.TryGetValue(p.Name, out var text) && text.Count > 0 && OptionText.CanParse(p.ParameterInfo.ParameterType)
            && !OptionText.TryParse(text.ToString(), p.ParameterInfo.ParameterType, out _, out _));

    [LoggerMessage(EventId = 7001, Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private partial void LogFailed(Exception exception, string method, string path);
}
