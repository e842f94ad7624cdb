using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tarn.Serving;

/// <summary>How remote instances are connected to.</summary>
internal static class RemoteHttp
{
    public static SocketsHttpHandler NewHandler(RemoteOptions options) => new()
    {
        // What comes is passed on as it is, and what it means is the caller's to decide.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = options.ConnectTimeout,

        // A name that means another address is followed so.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    };

    /// <summary>Why there was no answer, in few words.</summary>
    public static string Describe(Exception error) => error switch
    {
        HttpRequestException { InnerException: SocketException socket } => $"no connection ({socket.SocketErrorCode})",
        HttpRequestException known => $"no answer ({known.HttpRequestError})",
        _ => $"no answer ({error.GetType().Name})",
    };
}
