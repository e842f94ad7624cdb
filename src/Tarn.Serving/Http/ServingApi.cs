using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>An API of a serving protocol: what goes wrong with a request is answered in the protocol's form of an error, whether at once or later.</summary>
internal abstract class ServingApi
{
    /// <summary>Answers a request, or says why not.</summary>
    public ValueTask InvokeAsync(HttpContext http, string path)
    {
        ValueTask answering;
        try
        {
            answering = AnswerAsync(http, path);
        }
        catch (TarnException error)
        {
            return new ValueTask(FailAsync(http, error));
        }
        catch (BadHttpRequestException error)
        {
            return new ValueTask(FailAsync(http, Announced(error), error.StatusCode));
        }

        // Most requests are answered by now, with nothing to wait for and nothing made for waiting.
        return answering.IsCompletedSuccessfully ? answering : WaitAsync(http, answering);
    }

    /// <summary>Answers a request.</summary>
    /// <exception cref="TarnException">It cannot be answered.</exception>
    /// <exception cref="BadHttpRequestException">It is no request of this API, or its body breaks off.</exception>
    protected abstract ValueTask AnswerAsync(HttpContext http, string path);

    /// <summary>Answers with an error in the protocol's form.</summary>
    /// <param name="http">The request; nothing of an answer has been sent.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="status">The HTTP status; null for the one of the error's kind.</param>
    protected abstract Task FailAsync(HttpContext http, TarnException error, int? status = null);

    /// <summary>Requires a method; what answers <c>GET</c> answers <c>HEAD</c>.</summary>
    /// <exception cref="BadHttpRequestException">The request has another; the answer's <c>Allow</c> says which.</exception>
    protected static void RequireMethod(HttpContext http, string method)
    {
        if (!HttpMethods.Equals(http.Request.Method, method) && !(HttpMethods.IsGet(method) && HttpMethods.IsHead(http.Request.Method)))
        {
            http.Response.Headers.Allow = method;
            throw new BadHttpRequestException($"This path answers {method}, not {http.Request.Method}.", StatusCodes.Status405MethodNotAllowed);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(HttpContext http, ValueTask answering)
    {
        try
        {
            await answering.ConfigureAwait(false);
        }
        catch (TarnException error) when (!http.Response.HasStarted)
        {
            await FailAsync(http, error).ConfigureAwait(false);
        }
        catch (BadHttpRequestException error) when (!http.Response.HasStarted)
        {
            await FailAsync(http, Announced(error), error.StatusCode).ConfigureAwait(false);
        }
    }

    private static TarnException Announced(BadHttpRequestException error) => TarnException.InvalidInput("The request is HTTP as announced.", error.Message);
}
