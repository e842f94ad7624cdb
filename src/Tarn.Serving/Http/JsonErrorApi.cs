using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>An API whose errors are <c>{"error": "…"}</c>: what goes wrong with a request is answered so, whether at once or later.</summary>
internal abstract class JsonErrorApi
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
            return new ValueTask(TensorFlowApi.FailAsync(http, error));
        }
        catch (BadHttpRequestException error)
        {
            return new ValueTask(TensorFlowApi.FailAsync(http, Announced(error), error.StatusCode));
        }

        // Most requests are answered by now, with nothing to wait for and nothing made for waiting.
        return answering.IsCompletedSuccessfully ? answering : WaitAsync(http, answering);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WaitAsync(HttpContext http, ValueTask answering)
    {
        try
        {
            await answering.ConfigureAwait(false);
        }
        catch (TarnException error) when (!http.Response.HasStarted)
        {
            await TensorFlowApi.FailAsync(http, error).ConfigureAwait(false);
        }
        catch (BadHttpRequestException error) when (!http.Response.HasStarted)
        {
            await TensorFlowApi.FailAsync(http, Announced(error), error.StatusCode).ConfigureAwait(false);
        }
    }

    private static TarnException Announced(BadHttpRequestException error) => TarnException.InvalidInput("The request is HTTP as announced.", error.Message);

    /// <summary>Answers a request.</summary>
    /// <exception cref="TarnException">It cannot be answered.</exception>
    protected abstract ValueTask AnswerAsync(HttpContext http, string path);
}
