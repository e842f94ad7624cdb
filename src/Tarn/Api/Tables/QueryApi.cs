using Microsoft.AspNetCore.Routing;

namespace Tarn;

/// <summary>SQL over the tables.</summary>
internal static class QueryApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        _ = api;
    }
}
