using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Has a remote cluster answer a request: the caller's own, with another path and fewer headers, to one instance after the other as long as none answers and that is allowed. The answer is passed
/// on as it comes, the first megabyte once it is there: until then nothing was sent, and another instance may be asked.
/// </summary>
internal static class RemoteCall
{
    private const int MostHead = 1 << 20;
    private const int MostHops = 4;

    /// <summary>Runs a request and answers it.</summary>
    /// <exception cref="TarnException">No instance answers, or the request cannot be forwarded.</exception>
    public static async ValueTask RunAsync(ServingFront front, HttpContext http, Chosen chosen, RemoteAsk ask)
    {
        var cluster = chosen.Remote!;
        var hops = HopsOf(http, cluster);
        var path = RemotePath.Of(ask, cluster, cluster.Options.Model ?? chosen.Endpoint!.Model);
        var body = HttpMethods.IsPost(http.Request.Method) ? new RemoteBody(await RequestBody.ReadAsync(http, cluster.Options.MaxRequestBytes).ConfigureAwait(false)) : null;
        try
        {
            using var answer = await AskAsync(front, http, chosen, ask, path, body, hops).ConfigureAwait(false);
            if (RemotePath.IsPrediction(ask))
            {
                Finish(front, http, chosen, ask, body, answer);
            }

            await SendAsync(http, cluster, answer).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
            return;
        }
        finally
        {
            body?.Release();
        }
    }

    private static async Task<RemoteAnswer> AskAsync(ServingFront front, HttpContext http, Chosen chosen, RemoteAsk ask, string path, RemoteBody? body, int hops)
    {
        try
        {
            return await FirstAsync(http, chosen.Remote!, path, body, hops).ConfigureAwait(false);
        }
        catch (TarnException error)
        {
            if (RemotePath.IsPrediction(ask))
            {
                front.FinishRemote(chosen, http, new RemotePrediction { Protocol = RemotePath.Protocol(ask), Status = HttpAnswer.StatusOf(error), Error = error.Message, Input = body is null ? default : body.Bytes.Span });
            }

            throw;
        }
    }

    /// <summary>The first answer that is one, else the last one that there was.</summary>
    private static async Task<RemoteAnswer> FirstAsync(HttpContext http, RemoteCluster cluster, string path, RemoteBody? body, int hops)
    {
        using var deadline = new CancellationTokenSource(cluster.Options.Timeout, cluster.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        var tried = new RemoteInstance?[cluster.Options.Attempts];
        string? problem = null;
        RemoteAnswer? answer = null;
        for (var attempts = 0; attempts < tried.Length && cluster.Pick(tried.AsSpan(0, attempts)) is { } instance; attempts++)
        {
            tried[attempts] = instance;
            answer?.Dispose();
            (answer, problem) = await AttemptAsync(http, cluster, instance, path, body, hops, either.Token).ConfigureAwait(false);
            if (answer is { IsForGateway: true })
            {
                using var refused = answer;
                throw new TarnException(
                    ErrorKind.Unavailable,
                    $"The remote cluster {cluster.Name} answers this gateway's requests itself.",
                    string.Create(CultureInfo.InvariantCulture, $"status {refused.Status}"),
                    $"The operator corrects Serving:Remotes:{cluster.Name}: the ApiKey where the status is 401 or 403, the Urls where it is a redirect.");
            }

            if (answer is { IsRetryable: false })
            {
                return answer;
            }

            RemoteEvents.NotAnswered(cluster.Log, cluster.Name, instance.Url, problem ?? string.Create(CultureInfo.InvariantCulture, $"status {answer!.Status}"));
        }

        return answer ?? throw cluster.Unavailable(problem);
    }

    private static async Task<(RemoteAnswer? Answer, string? Problem)> AttemptAsync(
        HttpContext http, RemoteCluster cluster, RemoteInstance instance, string path, RemoteBody? body, int hops, CancellationToken cancellation)
    {
        var began = cluster.Time.GetTimestamp();
        var outcome = RemoteOutcome.Abandoned;
        HttpResponseMessage? response = null;
        PooledBuffer? head = null;
        RemoteAnswer? answer = null;
        try
        {
            using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, instance.Url + path) { Content = body?.ToContent() };
            RemoteHeaders.Send(http.Request, request, cluster.Options, hops);
            response = await cluster.SendAsync(request, cancellation).ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            head = PooledBuffer.Rent();
            var isWhole = await ReadHeadAsync(stream, head, cancellation).ConfigureAwait(false);
            answer = new RemoteAnswer(cluster, instance, response, head, isWhole ? null : stream, cluster.Time.GetElapsedTime(began));
            return (answer, null);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            outcome = RemoteOutcome.Unreachable;
            return (null, RemoteHttp.Describe(error));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Nobody ended the call: it is what the handler throws where connecting takes too long.
            outcome = RemoteOutcome.Unreachable;
            return (null, "no connection in time");
        }
        catch (OperationCanceledException error) when (!http.RequestAborted.IsCancellationRequested)
        {
            outcome = RemoteOutcome.Unreachable;
            throw new TarnException(
                ErrorKind.Unavailable,
                $"An instance of the remote cluster {cluster.Name} answers within {cluster.Options.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s.",
                instance.Url,
                "Try again, or send less at a time.",
                error);
        }
        finally
        {
            if (answer is null)
            {
                cluster.Done(instance, outcome, cluster.Time.GetElapsedTime(began));
                response?.Dispose();
                head?.Dispose();
            }
        }
    }

    /// <summary>Reads the beginning of an answer; whether that is all of it.</summary>
    private static async Task<bool> ReadHeadAsync(Stream stream, PooledBuffer head, CancellationToken cancellation)
    {
        while (head.Length <= MostHead)
        {
            var read = await stream.ReadAsync(head.GetMemory(16 << 10), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                return true;
            }

            head.Advance(read);
        }

        return false;
    }

    private static void Finish(ServingFront front, HttpContext http, Chosen chosen, RemoteAsk ask, RemoteBody? body, RemoteAnswer answer)
    {
        var kind = answer.IsJson ? PayloadKind.Json : answer.Rest is null && answer.Head.Length > 0 ? PayloadKind.Sha256 : PayloadKind.None;
        front.FinishRemote(chosen, http, new RemotePrediction
        {
            Protocol = RemotePath.Protocol(ask),
            Status = answer.Status,
            Error = answer.Status >= 400 ? $"The remote cluster {chosen.Remote!.Name} answered so." : null,
            Input = body is null ? default : body.Bytes.Span,
            OutputKind = kind,
            Output = kind switch { PayloadKind.Json => answer.Head.Written, PayloadKind.Sha256 => HashOf(answer.Head), _ => default },
            Version = answer.Version,
            Id = chosen.Remote!.Options.Kind == RemoteKind.Tarn ? answer.Prediction : Guid.Empty,
        });
    }

    private static ReadOnlySpan<byte> HashOf(PooledBuffer body)
    {
        var hash = new byte[PredictionRecorder.HashBytes];
        PredictionRecorder.Hash(hash, body.Written);
        return hash;
    }

    private static async Task SendAsync(HttpContext http, RemoteCluster cluster, RemoteAnswer answer)
    {
        http.Response.StatusCode = answer.Status;
        RemoteHeaders.PassBack(answer.Response, http.Response.Headers);
        if (answer.Status is 204 or 205)
        {
            return;
        }

        if (answer.Rest is null && !answer.IsEncoded)
        {
            await HttpAnswer.Send(http, answer.Head).ConfigureAwait(false);
            return;
        }

        http.Response.ContentLength = answer.Rest is null ? answer.Head.Length : answer.Response.Content.Headers.ContentLength;
        await http.Response.BodyWriter.WriteAsync(answer.Head.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
        if (answer.Rest is { } rest && await CopyAsync(http, cluster, rest).ConfigureAwait(false) is { } problem)
        {
            // The caller has to see that it is not all.
            cluster.BrokenOff(answer.Instance, problem);
            http.Abort();
        }
    }

    /// <summary>Passes on what comes, as fast as the caller takes it; why it did not come to its end, or null.</summary>
    private static async Task<string?> CopyAsync(HttpContext http, RemoteCluster cluster, Stream rest)
    {
        using var idle = new CancellationTokenSource(cluster.Options.Timeout, cluster.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, http.RequestAborted);
        var writer = http.Response.BodyWriter;
        while (true)
        {
            int read;
            try
            {
                idle.CancelAfter(cluster.Options.Timeout);
                read = await rest.ReadAsync(writer.GetMemory(16 << 10), either.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                return RemoteHttp.Describe(error);
            }
            catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
            {
                return "nothing came any more";
            }

            if (read == 0)
            {
                return null;
            }

            writer.Advance(read);
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            if ((await writer.FlushAsync(http.RequestAborted).ConfigureAwait(false)).IsCompleted)
            {
                return null;
            }
        }
    }

    private static int HopsOf(HttpContext http, RemoteCluster cluster)
    {
        var text = http.Request.Headers[RemoteHeaders.Hops];
        var hops = text.Count == 0 ? 0 : text.Count == 1 && int.TryParse(text[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : MostHops;
        return hops < MostHops ? hops + 1 : throw new BadHttpRequestException(
            $"A request is forwarded by at most {MostHops} gateways; the remote cluster {cluster.Name} seems to lead back here.", StatusCodes.Status508LoopDetected);
    }
}
